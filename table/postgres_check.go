package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/row"
)

// A finding is a query for sluice_bad: sluice_row, the job's column, the other rows
// of the files that are to blame or NULL, and why.
type finding string

// note adds to sluice_bad what a query finds, and returns how much that is.
func (s *postgresImport) note(ctx context.Context, f finding) (int64, error) {
	return execute(ctx, s.conn, "INSERT INTO sluice_bad "+string(f))
}

// before finds the rows that cannot be planned: their key is in the files twice,
// or the way of writing does not allow for it.
func (s *postgresImport) before(ctx context.Context) (bad int64, err error) {
	if err := s.ambiguous(ctx); err != nil {
		return 0, err
	}
	var faults []finding
	if again, err := s.repeats(ctx); err != nil {
		return 0, err
	} else if again {
		faults = append(faults, s.duplicates())
	}
	on := s.t.sqlName() + " t ON " + s.t.onKey()
	switch {
	case s.t.job.To.Write == "insert" && s.t.key != nil:
		faults = append(faults, finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM sluice_incoming s JOIN %s WHERE s.sluice_op IS NULL",
			s.t.key[0].at, quoteText("table "+s.t.Name+" has a row with this key (write: insert)"), on)))
	case s.t.job.To.Write == "update":
		faults = append(faults, finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM sluice_incoming s LEFT JOIN %s WHERE t.xmin IS NULL AND s.sluice_op IS NULL",
			s.t.key[0].at, quoteText("table "+s.t.Name+" has no row with this key (write: update)"), on)))
	}
	for _, c := range s.t.unfilled {
		faults = append(faults, finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM sluice_incoming s LEFT JOIN %s WHERE t.xmin IS NULL AND s.sluice_op IS NULL", c.at, quoteText(whyUnfilled), on)))
	}
	for _, f := range faults {
		n, err := s.note(ctx, f)
		if err != nil {
			return 0, err
		}
		bad += n
	}
	if bad > 0 {
		_, err = execute(ctx, s.conn, "ANALYSE sluice_bad")
	}
	return bad, err
}

// ambiguous ends the run if the key of a row finds more than one of the table.
func (s *postgresImport) ambiguous(ctx context.Context) error {
	if len(s.t.key) == 0 || s.t.sound.Faults == nil {
		return nil
	}
	number, err := one[int64](ctx, s.conn, fmt.Sprintf("SELECT sluice_row FROM sluice_incoming s JOIN %s t ON %s WHERE sluice_op IS DISTINCT FROM 'p' GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1", s.t.sqlName(), s.t.onKey()))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return s.load.ambiguous(number, s.t)
}

// repeats reports whether a key may be there twice. Equal keys have equal hashes.
func (s *postgresImport) repeats(ctx context.Context) (bool, error) {
	if len(s.t.key) == 0 {
		return false, nil
	}
	hash := "hash_record_extended(ROW(" + each(s.t.key, ", ", "%c") + "), 0)"
	if k := s.t.key[0].to; len(s.t.key) == 1 && k.NotNull && k.Type.Kind == row.String && k.Enum == nil && k.Collation == "" {
		hash = "hashtextextended(" + quoteName(k.Name) + ", 0)"
	}
	n, err := one[int64](ctx, s.conn, "SELECT count(*) - count(DISTINCT "+hash+") FROM sluice_incoming WHERE sluice_op IS DISTINCT FROM 'p'")
	return n > 0, err
}

// duplicates finds the rows whose key another row of the files has, too.
func (s *postgresImport) duplicates() finding {
	return finding(fmt.Sprintf("SELECT n, %d, array_remove(d.rows, n), 'has the same key' FROM (SELECT array_agg(sluice_row ORDER BY sluice_row) AS rows FROM sluice_incoming WHERE sluice_op IS DISTINCT FROM 'p' GROUP BY %s HAVING count(*) > 1) d, unnest(d.rows) n",
		s.t.key[0].at, each(s.t.key, ", ", "%c")))
}

// check finds the rows of the plan that the database would refuse, and takes
// them out of it. What is out may have been what another row relies on.
func (s *postgresImport) check(ctx context.Context) error {
	var own, among []finding
	for _, c := range s.t.fixed() {
		own = append(own, finding(fmt.Sprintf("SELECT sluice_row, %[1]d, NULL, %[2]s FROM sluice_plan WHERE op = 'u' AND %[1]d = ANY (mask)", c.at, quoteText(c.whyFixed()))))
	}
	for i := range s.t.ForeignKeys {
		own = append(own, s.dangling(&s.t.ForeignKeys[i]))
	}
	for i := range s.t.Checks {
		own = append(own, s.violates(&s.t.Checks[i]))
	}
	for i := range s.t.Uniques {
		among = append(among, s.collides(&s.t.Uniques[i])...)
	}
	for bad := true; bad; {
		bad = false
		for _, faults := range [][]finding{own, among} {
			found, err := s.takeOut(ctx, faults)
			if err != nil {
				return err
			}
			bad = bad || found
		}
	}
	return nil
}

// takeOut takes the rows that faults find out of the plan.
func (s *postgresImport) takeOut(ctx context.Context, faults []finding) (found bool, err error) {
	for _, f := range faults {
		if f == "" {
			continue
		}
		n, err := s.note(ctx, f)
		if err != nil {
			return false, err
		}
		found = found || n > 0
	}
	if found {
		_, err = execute(ctx, s.conn, "DELETE FROM sluice_plan p USING sluice_bad b WHERE b.sluice_row = p.sluice_row")
	}
	return found, err
}

// changing are the incoming rows of the plan, as a table; if columns are given,
// those of updates only that change one of them.
func changing(columns ...*binding) string {
	only := ""
	if len(columns) > 0 {
		only = " AND (op = 'n' OR mask && '{" + each(columns, ",", "%i") + "}')"
	}
	return "(SELECT * FROM sluice_incoming WHERE sluice_row IN (SELECT sluice_row FROM sluice_plan WHERE op IN ('n', 'u')" + only + "))"
}

// binding returns the loaded column that fills one of the table; nil: none.
func (t *target) binding(column string) *binding {
	for _, c := range t.columns {
		if c.to.Name == column {
			return c
		}
	}
	return nil
}

// loadedOf returns those of several columns that are loaded.
func (t *target) loadedOf(columns []string) (found []*binding) {
	for _, name := range columns {
		if c := t.binding(name); c != nil {
			found = append(found, c)
		}
	}
	return found
}

// bindings returns the loaded columns that fill several; nil if one of them is not loaded, or if rows that
// are not there yet stand in it.
func (t *target) bindings(columns []string) (found []*binding) {
	for _, name := range columns {
		c := t.binding(name)
		if c == nil || c.lookup != nil && c.lookup.create {
			return nil
		}
		found = append(found, c)
	}
	return found
}

// dangling finds the rows whose foreign key refers to no row, unless a look-up
// has found that.
func (s *postgresImport) dangling(fk *ForeignKey) finding {
	columns := s.t.bindings(fk.Columns)
	if columns == nil || !slices.ContainsFunc(columns, func(c *binding) bool { return c.lookup == nil }) {
		return ""
	}
	var conditions, same, given []string
	for i, c := range columns {
		ref, name := quoteName(fk.RefColumns[i]), quoteName(c.to.Name)
		conditions = append(conditions, "r."+ref+" = s."+name)
		same = append(same, "o."+ref+" = s."+name)
		given = append(given, "s."+name+" IS NOT NULL")
	}
	self := ""
	if fk.RefTable == s.t.Name && fk.RefSchema == s.t.Schema && s.t.bindings(fk.RefColumns) != nil {
		self = " AND NOT EXISTS (SELECT FROM " + changing() + " o WHERE " + strings.Join(same, " AND ") + ")"
	}
	return finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s || concat_ws(', ', %s) FROM %s s LEFT JOIN %s.%s r ON %s WHERE %s AND r.%s IS NULL%s",
		columns[0].at, quoteText("there is no such row of "+fk.RefTable+": "), each(columns, ", ", "s.%c"), changing(columns...),
		quoteName(fk.RefSchema), quoteName(fk.RefTable), strings.Join(conditions, " AND "), strings.Join(given, " AND "), quoteName(fk.RefColumns[0]), self))
}

// violates finds the rows for which a check is false, if all that it reads is
// loaded.
func (s *postgresImport) violates(c *Check) finding {
	names, from := c.Columns, changing()
	if c.Column != "" {
		names, from = []string{c.Column}, "(SELECT sluice_row, "+quoteName(c.Column)+" AS value FROM "+changing()+" s)"
	}
	columns := s.t.bindings(names)
	if columns == nil {
		return ""
	}
	return finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM %s s WHERE (%s) IS FALSE",
		columns[0].at, quoteText("the table's check "+c.Name+" does not allow it: "+c.Expression), from, c.Expression))
}

// collides finds the rows that have the same values as another in what is
// unique, the key apart: as another row of the plan, or as one of the table that
// stays as it is.
func (s *postgresImport) collides(u *Unique) []finding {
	t := s.t
	values, reads, ok := u.values(t.Table)
	columns := t.bindings(reads)
	if !ok || columns == nil || len(t.key) > 0 && sameNames(u.columns(), t.keyNames()) {
		return nil
	}
	var same, known []string
	for i := range values {
		a, b := fmt.Sprintf("a.u%d", i), fmt.Sprintf("b.u%d", i)
		if u.NullsNotDistinct {
			same = append(same, fmt.Sprintf("ARRAY[%s] = ARRAY[%s]", a, b))
			continue
		}
		same, known = append(same, a+" = "+b), append(known, fmt.Sprintf("u%d IS NOT NULL", i))
	}
	where := "true"
	if u.Where != "" {
		where = "(" + u.Where + ")"
	}
	of := func(who, from string) string {
		out := "SELECT " + who
		for i, v := range values {
			out += fmt.Sprintf(", %s AS u%d", v, i)
		}
		return "SELECT * FROM (" + out + " FROM " + from + " WHERE " + where + ") v WHERE " + strings.Join(append(known, "true"), " AND ")
	}
	list := make([]string, len(values))
	for i := range list {
		list[i] = fmt.Sprintf("u%d", i)
	}
	mine := of("sluice_row", changing(columns...)+" s")
	id := t.identity()
	theirs := of(names(id, ", ", "%c AS i%i"), t.sqlName())
	what := "has the same " + strings.Join(u.shown(), ", ")
	return []finding{
		finding(fmt.Sprintf("SELECT n, %d, array_remove(d.rows, n), %s FROM (SELECT array_agg(sluice_row ORDER BY sluice_row) AS rows FROM (%s) a GROUP BY %s HAVING count(*) > 1) d, unnest(d.rows) n",
			columns[0].at, quoteText(what), mine, strings.Join(list, ", "))),
		finding(fmt.Sprintf(`SELECT DISTINCT ON (1) a.sluice_row, %d, NULL::bigint[], %s || concat_ws(', ', %s) || %s FROM (%s) a JOIN (%s) b ON %s
			WHERE NOT EXISTS (SELECT FROM sluice_plan p WHERE p.op <> 'n' AND %s AND (p.op = 'd' OR p.sluice_row = a.sluice_row OR p.mask && '{%s}'))`,
			columns[0].at, quoteText("the row "), names(id, ", ", "b.i%i"), quoteText(" of table "+t.Name+" "+what), mine, theirs, strings.Join(same, " AND "),
			equal(id, "p.i%i", "b.i%i"), each(columns, ",", "%i"))),
	}
}

// values are the SQL of what a unique compares, and the columns that it reads.
func (u *Unique) values(t *Table) (values, reads []string, ok bool) {
	read := func(sql string) {
		for _, w := range words(sql) {
			if t.Column(w) != nil && !slices.Contains(reads, t.Column(w).Name) {
				reads = append(reads, t.Column(w).Name)
			}
		}
	}
	for _, p := range u.Parts {
		if p.Column == "" {
			values = append(values, "("+p.Expression+")")
			read(p.Expression)
			continue
		}
		if computed := t.Column(p.Column).Computed; computed != "" {
			values = append(values, computed)
			read(computed)
			continue
		}
		values = append(values, quoteName(p.Column))
		if !slices.Contains(reads, p.Column) {
			reads = append(reads, p.Column)
		}
	}
	read(u.Where)
	return values, reads, len(values) > 0
}

// shown names what a unique compares.
func (u *Unique) shown() (parts []string) {
	for _, p := range u.Parts {
		parts = append(parts, p.Column+p.Expression)
	}
	return parts
}

func (t *target) keyNames() (names []string) {
	for _, k := range t.key {
		names = append(names, k.to.Name)
	}
	return names
}

// quoteText returns a text as an SQL statement writes it.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
