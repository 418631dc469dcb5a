package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A target is a job's columns laid onto a table: what is loaded where.
type target struct {
	*Table
	job     *spec.Job // a copy, in which every column has its type
	columns []*binding
	key     []*binding // of columns
	links   []*binding // that fill another table
	sound   Key        // how the database keeps the key unique
	nulls   bool       // an incoming key has a null

	unfilled []*binding // that are not loaded, for the files do not have them, and that a new row must have

	verdict int // the column of the typed batches that says of a row whether it is deleted: true; false: it is written; null: it is bad, and only its key is known. -1: none
}

// A binding is one column of the job, and where its values go.
type binding struct {
	at     int          // in the job's columns, and in each typed batch
	col    *spec.Column // of target.job
	to     *Column      // of the table; nil: a link
	lookup *lookup      // what a value stands for; nil: itself
	link   *link        // nil: a column
}

// A lookup finds a row of another table by a natural key, and gives its ID.
type lookup struct {
	*Table
	by, id *Column
	create bool // a row for a value that is not there
	null   bool // null for a value that is not there
}

// A link is a many-to-many: for each element of a list a row of the table
// through that refers to the target's row and to the one looked up.
type link struct {
	*Table
	own, other *Column
	ownID      *Column // of the target, that own refers to
}

// bind lays the job onto its table. inspect returns tables by name. What does
// not fit is returned as spec.Errors, all of it at once.
func bind(ctx context.Context, job *spec.Job, inspect func(context.Context, string) (*Table, error)) (*target, error) {
	table, err := inspect(ctx, job.To.Table.S)
	if err != nil {
		return nil, job.ErrorAt(job.To.Table, 0, err.Error(), "")
	}
	if table.Own {
		return nil, job.ErrorAt(job.To.Table, 0, table.Name+" is one of sluice's own tables: it keeps its runs there", "if it was meant to be yours, name its schema")
	}
	copied := *job
	copied.Cols = slices.Clone(job.Cols)
	b := &binder{target: &target{Table: table, job: &copied, verdict: -1}, inspect: inspect}
	for i := range copied.Cols {
		b.bind(ctx, i)
	}
	b.keys()
	b.deletes()
	b.refuse()
	if len(b.errs) > 0 {
		return nil, b.errs.Sorted()
	}
	return b.target, nil
}

type binder struct {
	*target
	inspect func(context.Context, string) (*Table, error)
	errs    spec.Errors
}

// fail notes an error at a place of the job.
func (b *binder) fail(at spec.Pos, key, hint, format string, args ...any) {
	path := at.Path
	if key != "" {
		path += "." + key
	}
	b.errs = append(b.errs, &spec.Error{File: b.job.File, Line: at.Line, Column: at.Column, Path: path, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// bind lays one column.
func (b *binder) bind(ctx context.Context, i int) {
	col := &b.job.Cols[i]
	out := &binding{at: i, col: col}
	if col.Through.S != "" {
		if b.link(ctx, out) {
			b.links = append(b.links, out)
		}
		return
	}
	out.to = b.Column(col.Name)
	switch {
	case out.to == nil:
		b.fail(col.Pos, "", spec.Suggest(col.Name, b.names()), "table %s has no column %q", b.Name, col.Name)
		return
	case out.to.Refused != "":
		b.fail(col.Pos, "", "leave it out", "column %s of table %s cannot be loaded: %s", out.to.Name, b.Name, out.to.Refused)
		return
	}
	if out.to.Type.Kind == row.List {
		b.fail(col.Pos, "", "leave it out", "column %s of table %s cannot be loaded: it is %s, and sluice does not load arrays yet", out.to.Name, b.Name, out.to.Declared)
		return
	}
	natural := out.to
	if col.Lookup.S != "" {
		if out.lookup = b.lookup(ctx, col, b.reference(out.to.Name)); out.lookup == nil {
			return
		}
		natural = out.lookup.by
	}
	if b.typed(col, natural) {
		b.nulls(col, out.to)
		b.columns = append(b.columns, out)
	}
}

// names are the columns that a job may fill.
func (t *Table) names() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Refused == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// reference returns the foreign key of one column, nil if it has none.
func (t *Table) reference(column string) *ForeignKey {
	for i, fk := range t.ForeignKeys {
		if len(fk.Columns) == 1 && fk.Columns[0] == column {
			return &t.ForeignKeys[i]
		}
	}
	return nil
}

// lookup finds the table and the columns of a look-up. ref is the foreign key
// that its IDs are for, nil if there is none.
func (b *binder) lookup(ctx context.Context, col *spec.Column, ref *ForeignKey) *lookup {
	name, column := splitColumn(col.Lookup.S)
	table, err := b.inspect(ctx, name)
	if err != nil {
		b.fail(col.Lookup.Pos, "", "", "%s", err)
		return nil
	}
	l := &lookup{Table: table, create: col.Missing == "create", null: col.Missing == "null"}
	if l.by = table.Column(column); l.by == nil {
		b.fail(col.Lookup.Pos, "", spec.Suggest(column, table.names()), "table %s has no column %q", table.Name, column)
		return nil
	}
	id := table.PrimaryKey()
	if ref != nil && ref.RefTable == table.Name && ref.RefSchema == table.Schema {
		id = ref.RefColumns
	}
	if len(id) != 1 {
		b.fail(col.Lookup.Pos, "", "", "rows of table %s have no ID of one column, which a look-up gives", table.Name)
		return nil
	}
	l.id = table.Column(id[0])
	if l.create {
		if missing := table.Unfilled([]string{l.by.Name}); len(missing) > 0 {
			b.fail(col.Lookup.Pos, "", "missing: reject, and load that table first", "rows of table %s cannot be created: %s must be filled, too", table.Name, strings.Join(missing, ", "))
			return nil
		}
		if k := l.id.Type.Kind; k < row.Int16 || k > row.Int64 || l.id.made() == "" && l.id.Identity == NoIdentity {
			b.fail(col.Lookup.Pos, "", "missing: reject, and load that table first", "rows of table %s cannot be created: %s is not a number that the database gives them", table.Name, l.id.Name)
			return nil
		}
	}
	return l
}

// link finds the two foreign keys of a table between.
func (b *binder) link(ctx context.Context, out *binding) bool {
	col := out.col
	table, err := b.inspect(ctx, col.Through.S)
	if err != nil {
		b.fail(col.Through.Pos, "", "", "%s", err)
		return false
	}
	if out.lookup = b.lookup(ctx, col, nil); out.lookup == nil {
		return false
	}
	own, other := table.between(b.Table), table.between(out.lookup.Table)
	if len(own) != 1 || len(other) != 1 || own[0].Name == other[0].Name && own[0].Columns[0] == other[0].Columns[0] {
		b.fail(col.Through.Pos, "", "", "table %s does not have exactly one foreign key to %s and one to %s", table.Name, b.Name, out.lookup.Name)
		return false
	}
	if what, hint := table.inexact(); what != "" {
		b.fail(col.Through.Pos, "", hint, "%s", what)
		return false
	}
	l := &link{Table: table, own: table.Column(own[0].Columns[0]), other: table.Column(other[0].Columns[0]), ownID: b.Column(own[0].RefColumns[0])}
	if missing := table.Unfilled([]string{l.own.Name, l.other.Name}); len(missing) > 0 {
		b.fail(col.Through.Pos, "", "", "rows of table %s cannot be made: %s must be filled, too", table.Name, strings.Join(missing, ", "))
		return false
	}
	out.lookup.id = out.lookup.Column(other[0].RefColumns[0])
	out.link = l
	elem := row.Type{Kind: row.List, Elem: &out.lookup.by.Type}
	if col.Type == nil {
		col.Type = &elem
	}
	return b.limits(col, out.lookup.by)
}

// between returns the foreign keys, of one column each, from t to another table.
func (t *Table) between(other *Table) (keys []ForeignKey) {
	for _, fk := range t.ForeignKeys {
		if fk.RefTable == other.Name && fk.RefSchema == other.Schema && len(fk.Columns) == 1 {
			keys = append(keys, fk)
		}
	}
	return keys
}

// typed gives a column the type and the limits of a column of a table.
func (b *binder) typed(col *spec.Column, to *Column) bool {
	switch {
	case to.Type.Kind == row.Any && col.Type == nil:
		b.fail(col.Pos, "", "as in type: string", "column %s is declared %q, which says nothing of its type", to.Name, to.Declared)
		return false
	case col.Type == nil:
		t := to.Type
		col.Type = &t
	case !fits(*col.Type, to.Type):
		b.fail(col.Pos, "type", "leave the type out: it is then that of the table", "column %s is %s, which does not hold every %s", to.Name, to.Declared, col.Type)
		return false
	}
	return b.limits(col, to)
}

// limits adds what the table says of the texts of a column.
func (b *binder) limits(col *spec.Column, to *Column) bool {
	if to.Type.Kind == row.String && to.MaxLength > 0 && (col.MaxLen == 0 || col.MaxLen > to.MaxLength) {
		col.MaxLen = to.MaxLength
	}
	if col.OneOf == nil {
		col.OneOf = to.Enum
	}
	return true
}

// nulls settles what an empty text is where the table takes no null: itself, but
// a reject where it would be a key that nobody meant. Else it is a reject.
func (b *binder) nulls(col *spec.Column, to *Column) {
	if !to.NotNull {
		return
	}
	if col.Type.Kind == row.String && col.Empty == "" && col.Lookup.S == "" {
		switch {
		case slices.ContainsFunc(b.job.To.Key, func(k spec.Text) bool { return k.S == col.Name }):
			col.Empty = "reject"
		case !col.Required:
			col.Empty = "text"
		}
	}
	col.Required = true
}

// fits says whether a column of a type of the table holds every value of a type
// that the job gives.
func fits(given, to row.Type) bool {
	whole := func(k row.Kind) bool { return k >= row.Int16 && k <= row.Int64 }
	switch {
	case to.Kind == row.Any:
		return true
	case whole(given.Kind) && whole(to.Kind), given.Kind == row.Float32 && to.Kind == row.Float64:
		return given.Kind <= to.Kind
	case given.Kind == row.Decimal && to.Kind == row.Decimal:
		return to.Precision == 0 || given.Precision > 0 && given.Scale <= to.Scale && given.Precision-given.Scale <= to.Precision-to.Scale
	case given.Kind == row.List && to.Kind == row.List:
		return fits(*given.Elem, *to.Elem)
	}
	return given.Kind == to.Kind
}

// keys finds the columns of the key among those that are loaded.
func (b *binder) keys() {
	for _, k := range b.job.To.Key {
		i := slices.IndexFunc(b.columns, func(c *binding) bool { return c.col.Name == k.S })
		if i < 0 {
			b.fail(k.Pos, "", spec.Suggest(k.S, b.loaded()), "the key %q is none of the columns that are loaded", k.S)
			continue
		}
		b.key = append(b.key, b.columns[i])
	}
	var names []string
	for _, k := range b.key {
		names = append(names, k.to.Name)
	}
	b.sound = b.Key(names)
	if len(b.errs) == 0 && len(b.identity()) == 0 {
		b.fail(b.job.To.Pos, "", "as in key: [id]", "table %s has no primary key that is loaded or made by the database: the job has to say by which columns its rows are told apart", b.Name)
	}
}

// deletes adds a column for which rows are deleted, if any can be.
func (b *binder) deletes() {
	to := &b.job.To
	if to.Write != "mirror" && to.DeleteWhen.S == "" {
		return
	}
	col := spec.Column{Name: "delete_when", Value: spec.Text{S: "false", Pos: to.Pos}, Type: &row.Type{Kind: row.Bool}, Required: true, Pos: to.Pos}
	if to.DeleteWhen.S != "" {
		col.Value = spec.Text{S: "(" + to.DeleteWhen.S + ") ?? false", Pos: to.DeleteWhen.Pos}
	}
	b.verdict = len(b.job.Cols)
	b.job.Cols = append(b.job.Cols, col)
}

// refuse finds what keeps sluice from loading the table exactly.
func (b *binder) refuse() {
	to := &b.job.To
	if what, hint := b.inexact(); what != "" {
		b.fail(to.Table.Pos, "", hint, "%s", what)
	}
	for _, c := range b.columns {
		if c.to.Identity == IdentityAlways && !slices.Contains(b.key, c) && to.Write != "insert" {
			b.fail(c.col.Pos, "", "leave it out, or make it the key", "column %s of table %s is GENERATED ALWAYS AS IDENTITY: it cannot be updated", c.to.Name, b.Name)
		}
	}
}

// fixed are the columns that stay as they are in rows that are updated: those of
// the primary key, if all of it is loaded, that are not in the job's key. Rows of
// other tables, links and journals know a row by them.
func (t *target) fixed() (columns []*binding) {
	for _, name := range t.PrimaryKey() {
		c := t.binding(name)
		if c == nil {
			return nil
		}
		if !slices.Contains(t.key, c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// whyFixed says why a row is bad that has another value in such a column.
func (b *binding) whyFixed() string {
	return fmt.Sprintf("the row of the table has another %s, which is its primary key: an update does not change that", b.to.Name)
}

// mirrors tells that what the files lack is deleted.
func (t *target) mirrors() bool { return t.job.To.Write == "mirror" }

// keep tells a program which of the columns are the key, so that rows to be
// deleted need no others, and bad rows are not missing.
func (t *target) keep(p *mapping.Program) {
	p.Key(t.keyAt())
	if t.verdict < 0 {
		return
	}
	p.Keep(t.keyAt(), t.verdict)
}

// keyAt are the columns of typed batches that are the key, in the order of the
// job's columns.
func (t *target) keyAt() (at []int) {
	for _, k := range t.key {
		at = append(at, k.at)
	}
	slices.Sort(at)
	return at
}

// loaded are the names of the job's columns that fill one of the table.
func (t *target) loaded() []string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.col.Name)
	}
	return names
}
