package table

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-128c3863/sluice/row"
)

// A Table is what a database's catalog says of one of its tables.
type Table struct {
	Schema      string // PostgreSQL: public or another; SQLite: main, or the name of an attached file
	Name        string
	Columns     []Column     // in their order
	Uniques     []Unique     // the primary key first
	ForeignKeys []ForeignKey // of its own columns
	Referrers   []ForeignKey // that point at it, or at a partition of it, from any table, itself among them
	Checks      []Check
	Exclusions  []Check   // constraints EXCLUDE and WITHOUT OVERLAPS: their definitions
	Triggers    []Trigger // that fire; on its partitions, too
	Rules       []string  // names of what rewrites statements (CREATE RULE)

	PartitionKey string // "RANGE (day)"; "": not partitioned
	PartitionOf  string // the table that it is a partition of, quoted where it must be; "": none
	Inherited    bool   // other tables inherit from it: their rows are found in it
	RowSecurity  bool   // policies decide which rows the user of this connection sees and writes

	Own bool // it is one of sluice's own, which no job loads

	Strict       bool // SQLite: values must have the type of their column
	WithoutRowID bool // SQLite
	Replaces     bool // SQLite: ON CONFLICT REPLACE is a constraint's
}

// A Column of a Table.
type Column struct {
	Name     string
	Declared string // its type as the database names it: "numeric(10,2)", "mood"; SQLite: "" if it has none
	Base     string // Declared, or what is below it if that is a domain
	Stored   string // PostgreSQL: what a journal has it as: Base, or text if somebody has created that, who may change it

	// Type is what a job's column gets that names no type. A decimal of
	// Precision 0 holds any number of digits. Any is a column of SQLite whose
	// declared type says nothing: the job has to name one.
	Type      row.Type
	Refused   string   // why no job can fill it; "": one can
	MaxLength int      // String, list of it: characters; UUID of SQLite: 32 without hyphens, 36 with; 0: not limited
	Fraction  int      // Time, Timestamp, TimestampTZ, list of them: digits of a second that are kept
	Enum      []string // the only values that there are, in their order; nil: not an enum

	// Collation says how texts are equal that differ in their bytes: NOCASE,
	// RTRIM, bpchar (trailing blanks), citext, or a nondeterministic
	// collation's name. "" is equality of bytes.
	Collation string
	Charset   string // MySQL: the character set of its texts; "": it has none
	Affinity  string // SQLite: TEXT, NUMERIC, INTEGER, REAL, BLOB: what a value is turned into where it can be

	NotNull   bool
	Default   string // SQL; "": none
	Identity  Identity
	Sequence  string // that an identity or serial column draws from, as SQL writes it; of AUTOINCREMENT sqlite_sequence; "": none
	Generated string // SQL that the database works the column out by; "": not generated
	Computed  string // MySQL: Generated, as a unique compares it
}

// An Identity says who numbers the rows of a column.
type Identity string

// What numbers a column.
const (
	NoIdentity        Identity = ""
	IdentityByDefault Identity = "by default" // the database, where no value is given; also SQLite's INTEGER PRIMARY KEY
	IdentityAlways    Identity = "always"     // the database, unless it is overridden
)

// A Unique is a primary key, or a unique constraint or index.
type Unique struct {
	Name             string
	Primary          bool
	Parts            []Part
	Where            string // SQL: the rows that it holds for; "": all
	NullsNotDistinct bool   // one null is the only one
	Deferrable       bool   // cannot be named by ON CONFLICT
	Deferred         bool   // checked at the end of the transaction
}

// A Part is one of the values that a Unique compares.
type Part struct {
	Column     string // "": Expression
	Expression string // SQL
	Collation  string // as in Column, but of this index
}

// A ForeignKey is a reference from columns of Table to those of RefTable.
type ForeignKey struct {
	Name       string // "": SQLite, not named
	Schema     string
	Table      string
	Columns    []string
	RefSchema  string
	RefTable   string
	RefColumns []string // nil: SQLite, and RefTable is not there
	OnDelete   Action
	OnUpdate   Action
	SetColumns []string // that a delete sets to null or default; nil: all
	MatchFull  bool     // all columns are null, or none
	Deferrable bool
	Deferred   bool // checked at the end of the transaction
}

// An Action is what becomes of referring rows when the row that they refer to
// is deleted, or its key updated.
type Action string

// The actions of SQL.
const (
	NoAction   Action = "no action" // an error, if they are still there when it is checked
	Restrict   Action = "restrict"  // an error at once
	Cascade    Action = "cascade"
	SetNull    Action = "set null"
	SetDefault Action = "set default"
)

// A Check is a condition that the database has for each row: it refuses one
// for which it is false (not null).
type Check struct {
	Name       string // "": SQLite, not named
	Expression string // SQL
	Column     string // the check of a domain: the column that VALUE stands for; "": of the table

	Columns []string // that it reads; nil: not known
}

// A Trigger runs when rows are written.
type Trigger struct {
	Name    string
	Table   string   // other than the inspected one: a partition of it
	Timing  string   // before, after, instead of
	Events  []string // insert, update, delete, truncate
	Columns []string // UPDATE OF these; nil: any
	ForEach string   // row, statement
}

// inexact says what keeps sluice from writing just what is planned to a table, and
// what to do; "": nothing.
func (t *Table) inexact() (what, hint string) {
	switch {
	case len(t.Rules) > 0:
		return fmt.Sprintf("table %s has rules (%s), which make other statements of those that are planned", t.Name, strings.Join(t.Rules, ", ")), "load a table without rules; triggers are no hindrance"
	case t.RowSecurity:
		return fmt.Sprintf("row-level security of table %s hides rows from this user: what is there could be taken for new", t.Name), "connect as a user with BYPASSRLS, or as the owner"
	case t.Inherited:
		return fmt.Sprintf("other tables inherit from table %s: their rows would be taken for its own", t.Name), "load the tables that inherit from it"
	}
	return "", ""
}

// Column returns the column of a name; without one, that which differs in
// upper and lower case alone; else nil.
func (t *Table) Column(name string) *Column {
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		if i := slices.IndexFunc(t.Columns, func(c Column) bool { return equal(c.Name, name) }); i >= 0 {
			return &t.Columns[i]
		}
	}
	return nil
}

// PrimaryKey returns the names of its columns; nil if there is none.
func (t *Table) PrimaryKey() []string {
	if len(t.Uniques) == 0 || !t.Uniques[0].Primary {
		return nil
	}
	return t.Uniques[0].columns()
}

// Unfilled returns the columns that must have a value and get none when the
// loaded columns alone are written: an insert of such a row fails. Names are
// those of Column.Name.
func (t *Table) Unfilled(loaded []string) (names []string) {
	for _, c := range t.Columns {
		filled := c.Default != "" || c.Identity != NoIdentity || c.Generated != "" || slices.Contains(loaded, c.Name)
		if c.NotNull && !filled {
			names = append(names, c.Name)
		}
	}
	return names
}

// A Key says in what way a database keeps a job's key unique.
type Key struct {
	Unique   *Unique  // the best over exactly these columns, in any order; nil: none
	Nullable []string // the columns of the key that can be null
	Faults   []string // in words, why the key may still find two rows, or none; nil: it is sound
}

// Key looks for the unique of a key. Columns are names as in Column.Name.
func (t *Table) Key(columns []string) Key {
	var nullable []string
	for _, name := range columns {
		if c := t.Column(name); c != nil && !c.NotNull {
			nullable = append(nullable, name)
		}
	}
	best := Key{Nullable: nullable, Faults: []string{t.noUnique(columns)}}
	for i := range t.Uniques {
		u := &t.Uniques[i]
		if !sameNames(u.columns(), columns) {
			continue
		}
		if faults := t.faults(u, nullable); best.Unique == nil || len(faults) < len(best.Faults) {
			best.Unique, best.Faults = u, faults
		}
	}
	return best
}

// faults says in what way a unique over a key's columns falls short of one.
func (t *Table) faults(u *Unique, nullable []string) (faults []string) {
	if len(nullable) > 0 && !u.NullsNotDistinct {
		faults = append(faults, fmt.Sprintf("unique %s lets rows repeat whose %s is null", u.Name, strings.Join(nullable, " or ")))
	}
	if u.Where != "" {
		faults = append(faults, fmt.Sprintf("unique %s holds for some rows only: WHERE %s", u.Name, u.Where))
	}
	if u.Deferrable {
		faults = append(faults, fmt.Sprintf("unique %s is deferrable", u.Name))
	}
	for _, p := range u.Parts {
		if c := t.Column(p.Column); c != nil && c.Collation != p.Collation {
			faults = append(faults, fmt.Sprintf("unique %s compares %s by %s, the column itself by %s", u.Name, c.Name, named(p.Collation), named(c.Collation)))
		}
	}
	return faults
}

// noUnique says that no unique is over exactly these columns, and which comes
// nearest: one by expression that names a column, or one over fewer of them.
func (t *Table) noUnique(columns []string) string {
	fault := fmt.Sprintf("no unique of table %s is over exactly %s", t.Name, strings.Join(columns, ", "))
	for _, u := range t.Uniques {
		for _, p := range u.Parts {
			if p.Column == "" && slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(words(p.Expression), c) }) {
				return fault + fmt.Sprintf(" (unique %s is over the expression %s)", u.Name, p.Expression)
			}
		}
		if names := u.columns(); names != nil && !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(columns, n) }) {
			return fault + fmt.Sprintf(" (unique %s is over %s alone)", u.Name, strings.Join(names, ", "))
		}
	}
	return fault
}

// columns returns the names of the columns of a unique; nil if it compares an
// expression.
func (u *Unique) columns() (names []string) {
	for _, p := range u.Parts {
		if p.Column == "" {
			return nil
		}
		names = append(names, p.Column)
	}
	return names
}

// words returns the names, and more, that an expression is made of.
func words(expression string) []string {
	return strings.FieldsFunc(expression, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func named(collation string) string {
	if collation == "" {
		return "bytes"
	}
	return collation
}

// decimal returns the type of numeric(precision, scale).
func decimal(precision, scale int) (t row.Type, ok bool) {
	switch {
	case scale < 0: // it would round what it is given
		return row.Type{}, false
	case max(precision, scale) > row.MaxPrecision:
		return row.Type{Kind: row.Decimal}, true
	}
	return row.Type{Kind: row.Decimal, Precision: max(precision, scale), Scale: scale}, true
}

var typeArgs = regexp.MustCompile(`\s*\(([^)]*)\)`)

// splitType parts a declared type from its arguments: those of "timestamp(3)
// without time zone" are 3.
func splitType(declared string) (name string, args []int) {
	if m := typeArgs.FindStringSubmatch(declared); m != nil {
		for arg := range strings.SplitSeq(m[1], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(arg))
			if err != nil {
				break
			}
			args = append(args, n)
		}
	}
	return typeArgs.ReplaceAllString(declared, ""), args
}
