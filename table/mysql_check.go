package table

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// note adds to sluice_bad what a query finds, and returns how much that is.
func (s *mysqlImport) note(ctx context.Context, f finding) (int64, error) {
	return s.exec(ctx, "INSERT INTO sluice_bad "+string(f))
}

// before finds the rows that cannot be planned: their key is in the files twice,
// or the way of writing does not allow for it.
func (s *mysqlImport) before(ctx context.Context) (bad int64, err error) {
	if bad, err = s.repeats(ctx); err != nil {
		return 0, err
	}
	if err := s.ambiguous(ctx); err != nil {
		return 0, err
	}
	var faults []finding
	on, absent := s.target+" t ON "+s.t.keySame("s", "t"), "NOT ("+s.there+") AND s.sluice_op IS NULL"
	switch {
	case s.t.job.To.Write == "insert" && s.t.key != nil:
		faults = append(faults, finding(fmt.Sprintf("SELECT DISTINCT s.sluice_row, %d, NULL, %s FROM sluice_incoming s JOIN %s WHERE s.sluice_op IS NULL",
			s.t.key[0].at, quoteText("table "+s.t.Name+" has a row with this key (write: insert)"), on)))
	case s.t.job.To.Write == "update":
		faults = append(faults, finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM sluice_incoming s LEFT JOIN %s WHERE %s",
			s.t.key[0].at, quoteText("table "+s.t.Name+" has no row with this key (write: update)"), on, absent)))
	}
	for _, c := range s.t.unfilled {
		faults = append(faults, finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM sluice_incoming s LEFT JOIN %s WHERE %s", c.at, quoteText(whyUnfilled), on, absent)))
	}
	for _, f := range faults {
		n, err := s.note(ctx, f)
		if err != nil {
			return 0, err
		}
		bad += n
	}
	return bad, nil
}

// repeats finds the rows whose key another row of the files has, too, as the
// database compares keys.
func (s *mysqlImport) repeats(ctx context.Context) (int64, error) {
	if len(s.t.key) == 0 {
		return 0, nil
	}
	return s.shared(ctx, "(SELECT * FROM sluice_incoming WHERE sluice_op IS NULL OR sluice_op <> 'p')", s.t.key, each(s.t.key, ", ", "%c"), "has the same key")
}

// shared finds the rows of a query that have the same values as another of them.
func (s *mysqlImport) shared(ctx context.Context, from string, columns []*binding, values, what string) (int64, error) {
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_dup ENGINE=InnoDB AS SELECT group_concat(sluice_row ORDER BY sluice_row SEPARATOR ',') AS nums FROM "+from+" s GROUP BY "+values+" HAVING count(*) > 1"); err != nil {
		return 0, err
	}
	n, err := s.note(ctx, finding(fmt.Sprintf("SELECT g.n, %d, d.nums, %s FROM sluice_dup d, json_table(concat('[', d.nums, ']'), '$[*]' COLUMNS (n bigint PATH '$')) g", columns[0].at, quoteText(what))))
	if err != nil {
		return 0, err
	}
	return n, s.all(ctx, "DROP TEMPORARY TABLE sluice_dup")
}

// ambiguous ends the run if the key of a row finds more than one of the table.
func (s *mysqlImport) ambiguous(ctx context.Context) error {
	if len(s.t.key) == 0 || s.t.sound.Faults == nil {
		return nil
	}
	number, err := s.number(ctx, fmt.Sprintf("SELECT sluice_row FROM sluice_incoming s JOIN %s t ON %s WHERE sluice_op IS NULL OR sluice_op <> 'p' GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1", s.t.sqlName(), s.t.keySame("s", "t")))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return s.load.ambiguous(number, s.t)
}

// own finds the rows that the database would refuse for what they are themselves.
func (s *mysqlImport) own() (own []finding) {
	for i := range s.t.ForeignKeys {
		own = append(own, s.dangling(&s.t.ForeignKeys[i]))
	}
	for i := range s.t.Checks {
		own = append(own, s.violates(&s.t.Checks[i]))
	}
	for _, c := range s.t.fixed() {
		own = append(own, finding(fmt.Sprintf("SELECT sluice_row, %d, NULL, %s FROM sluice_plan p WHERE op = 'u' AND %s", c.at, quoteText(c.whyFixed()), masked("p.mask", []*binding{c}))))
	}
	return own
}

// check finds the rows of the plan that the database would refuse, and takes
// them out of it. What is out may have been what another row relies on.
func (s *mysqlImport) check(ctx context.Context) error {
	for bad := true; bad; {
		found := int64(0)
		for _, f := range s.own() {
			if f == "" {
				continue
			}
			n, err := s.note(ctx, f)
			if err != nil {
				return err
			}
			found += n
		}
		if err := s.takeOut(ctx, found); err != nil {
			return err
		}
		among, err := s.collide(ctx)
		if err == nil {
			err = s.takeOut(ctx, among)
		}
		if err != nil {
			return err
		}
		bad = found+among > 0
	}
	return nil
}

// takeOut takes the rows that were found out of the plan.
func (s *mysqlImport) takeOut(ctx context.Context, found int64) error {
	if found == 0 {
		return nil
	}
	s.firstNew = 0
	return s.all(ctx, "DELETE p FROM sluice_plan p JOIN sluice_bad b ON b.sluice_row = p.sluice_row", "DELETE l FROM sluice_links l JOIN sluice_bad b ON b.sluice_row = l.sluice_row")
}

// inPlan are the incoming rows of the plan, as a table; if columns are given,
// those of updates only that change one of them.
func (s *mysqlImport) inPlan(columns ...*binding) string {
	if s.firstNew > 0 {
		return "sluice_incoming"
	}
	only := ""
	if len(columns) > 0 {
		only = " AND (p.op = 'n' OR " + masked("p.mask", columns) + ")"
	}
	return "(SELECT s.* FROM sluice_incoming s JOIN sluice_plan p ON p.sluice_row = s.sluice_row WHERE p.op IN ('n', 'u')" + only + ")"
}

// dangling finds the rows whose foreign key refers to no row, unless a look-up
// has found that.
func (s *mysqlImport) dangling(fk *ForeignKey) finding {
	columns := s.t.bindings(fk.Columns)
	if columns == nil || !slices.ContainsFunc(columns, func(c *binding) bool { return c.lookup == nil }) {
		return ""
	}
	var conditions, same, given, texts []string
	for i, c := range columns {
		ref, name := quoteName(fk.RefColumns[i]), quoteName(c.to.Name)
		conditions = append(conditions, "r."+ref+" = s."+name)
		same = append(same, "o."+ref+" = s."+name)
		given = append(given, "s."+name+" IS NOT NULL")
		texts = append(texts, inWords("s."+name))
	}
	self := ""
	if fk.RefTable == s.t.Name && fk.RefSchema == s.t.Schema && s.t.bindings(fk.RefColumns) != nil {
		self = " AND NOT EXISTS (SELECT 1 FROM " + s.inPlan() + " o WHERE " + strings.Join(same, " AND ") + ")"
	}
	return finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, concat(%s, concat_ws(', ', %s)) FROM %s s LEFT JOIN %s.%s r ON %s WHERE %s AND r.%s IS NULL%s",
		columns[0].at, quoteText("there is no such row of "+fk.RefTable+": "), strings.Join(texts, ", "), s.inPlan(columns...),
		quoteName(fk.RefSchema), quoteName(fk.RefTable), strings.Join(conditions, " AND "), strings.Join(given, " AND "), quoteName(fk.RefColumns[0]), self))
}

// violates finds the rows for which a check is false, if all that it reads is
// loaded.
func (s *mysqlImport) violates(c *Check) finding {
	columns := s.t.bindings(c.Columns)
	if columns == nil {
		return ""
	}
	return finding(fmt.Sprintf("SELECT s.sluice_row, %d, NULL, %s FROM %s s WHERE (%s) IS FALSE",
		columns[0].at, quoteText("the table's check "+c.Name+" does not allow it: "+c.Expression), s.inPlan(), c.Expression))
}

// collide finds the rows that have the same values as another in what is unique,
// the key apart: as another row of the plan, or as one of the table that stays as
// it is.
func (s *mysqlImport) collide(ctx context.Context) (found int64, err error) {
	t, id := s.t, s.t.identity()
	for i := range t.Uniques {
		u := &t.Uniques[i]
		values, reads, ok := u.values(t.Table)
		columns := t.bindings(reads)
		if !ok || columns == nil || len(t.key) > 0 && sameNames(u.columns(), t.keyNames()) {
			continue
		}
		var known, same, list, there []string
		for n, v := range values {
			known = append(known, "("+v+") IS NOT NULL")
			same = append(same, fmt.Sprintf("a.u%d = b.u%d", n, n))
			list = append(list, fmt.Sprintf("%s AS u%d", v, n))
			if p := u.Parts[n]; p.Column != "" {
				v = quoteName(p.Column) // which is indexed
			}
			there = append(there, fmt.Sprintf("%s AS u%d", v, n))
		}
		given, shown := strings.Join(known, " AND "), strings.Join(list, ", ")
		what := "has the same " + strings.Join(u.shown(), ", ")
		n, err := s.shared(ctx, "(SELECT * FROM "+s.inPlan(columns...)+" v WHERE "+given+")", columns, strings.Join(values, ", "), what)
		if err != nil {
			return 0, err
		}
		more, err := s.note(ctx, finding(fmt.Sprintf(`SELECT a.sluice_row, %d, NULL, min(concat(%s, concat_ws(', ', %s), %s)) FROM (SELECT sluice_row, %s FROM %s s WHERE %s) a JOIN (SELECT %s, %s FROM %s) b ON %s
			WHERE NOT EXISTS (SELECT 1 FROM sluice_plan p WHERE p.op <> 'n' AND %s AND (p.op = 'd' OR p.sluice_row = a.sluice_row OR %s)) GROUP BY 1`,
			columns[0].at, quoteText("the row "), names(id, ", ", inWords("b.i%i")), quoteText(" of table "+t.Name+" "+what), shown, s.inPlan(columns...), given,
			names(id, ", ", "%c AS i%i"), strings.Join(there, ", "), t.sqlName(), strings.Join(same, " AND "), sameAs(id, "p.i%i", "b.i%i"), masked("p.mask", columns))))
		if err != nil {
			return 0, err
		}
		found += n + more
	}
	return found, nil
}
