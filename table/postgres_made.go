package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// Rows of look-ups that are created with the rows that refer to them are in
// sluice_made:
//
//	look    the first column of the job that looks them up
//	code    the ID that incoming rows have for them: see looker
//	value   what is looked up, as text
//	id      the ID that they get
//
// A journal keeps them, whole, in j<n>_c<look>.

// creates returns those of lookups that create rows.
func (t *target) creates() (groups [][]*binding) {
	for _, g := range t.lookups() {
		if g[0].lookup.create {
			groups = append(groups, g)
		}
	}
	return groups
}

// fillMade fills sluice_made with all that is not there, or not yet.
func (s *postgresImport) fillMade(ctx context.Context) error {
	if _, err := execute(ctx, s.conn, "CREATE TEMP TABLE sluice_made (look int, code bigint, value text, id bigint)"); err != nil {
		return err
	}
	for _, g := range s.t.creates() {
		look := s.looks[g[0]]
		_, err := execute(ctx, s.conn, "INSERT INTO sluice_made SELECT $1, $2::bigint - n, x FROM unnest($3::text[]) WITH ORDINALITY v (x, n)", g[0].at, look.below, look.made)
		if err != nil {
			return err
		}
	}
	_, err := execute(ctx, s.conn, "ANALYSE sluice_made")
	return err
}

// pruneMade leaves in sluice_made what rows of the plan refer to, and notes it.
func (s *postgresImport) pruneMade(ctx context.Context) error {
	for _, g := range s.t.creates() {
		if len(s.looks[g[0]].made) == 0 {
			continue
		}
		_, err := execute(ctx, s.conn, fmt.Sprintf("DELETE FROM sluice_made m WHERE look = %d AND code NOT IN (SELECT v FROM %s WHERE v < %d)",
			g[0].at, s.t.uses(g, "sluice_plan"), s.looks[g[0]].below))
		if err != nil {
			return err
		}
		var n int64
		var first []string
		err = s.conn.QueryRow(ctx, "SELECT count(*), (array_agg(value ORDER BY code DESC))[1:10] FROM sluice_made WHERE look = $1", g[0].at).Scan(&n, &first)
		if err != nil {
			return err
		}
		s.load.remark(madeNote(g[0].lookup, n, first))
	}
	_, err := execute(ctx, s.conn, "ANALYSE sluice_made")
	return err
}

// madeNote says which rows of a look-up's table are created; "": none.
func madeNote(l *lookup, n int64, first []string) string {
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf("creates %s of %s: %s", count(n, "row"), l.Name, strings.Join(first, ", "))
	if more := n - int64(len(first)); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// count is a number of things, in words.
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// create makes the rows of look-ups that the plan refers to, and gives the
// incoming rows their IDs.
func (w *postgresWriter) create(ctx context.Context) error {
	for _, g := range w.t.creates() {
		var n, made int64
		err := w.tx.QueryRow(ctx, "SELECT count(*), count(id) FROM sluice_made WHERE look = $1", g[0].at).Scan(&n, &made)
		if err == nil && n > made { // else an earlier batch has made them
			err = w.createOf(ctx, g[0].at, n, g[0].lookup)
		}
		if err != nil {
			return err
		}
		for _, c := range g {
			if n > 0 {
				if err := w.do(ctx, -1, "", givenIDs(c, g[0].at, w.looks[c].below)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// createOf makes n rows of one table.
func (w *postgresWriter) createOf(ctx context.Context, look int, n int64, l *lookup) error {
	table, by, id := l.sqlName(), quoteName(l.by.Name), quoteName(l.id.Name)
	rows, err := w.tx.Query(ctx, fmt.Sprintf("SELECT m.value FROM sluice_made m JOIN %s l ON l.%s = m.value::%s WHERE m.look = %d ORDER BY 1 LIMIT 20", table, by, l.by.Base, look))
	if err != nil {
		return err
	}
	var there []plan.Problem
	var value string
	_, err = pgx.ForEachRow(rows, []any{&value}, func() error {
		there = append(there, plan.Problem{File: l.Name, Why: fmt.Sprintf("a row with the %s %q was made since it was looked up", l.by.Name, value)})
		return nil
	})
	if err == nil && there != nil {
		err = &plan.DriftError{Moved: there}
	}
	if err != nil {
		return err
	}
	if err := w.do(ctx, -1, "", fmt.Sprintf(`UPDATE sluice_made m SET id = o.id FROM (SELECT code, %s AS id FROM (SELECT code FROM sluice_made WHERE look = %d ORDER BY code DESC) c) o
		WHERE m.look = %d AND m.code = o.code`, l.id.made(), look, look)); err != nil {
		return err
	}
	got, err := w.tx.Exec(ctx, fmt.Sprintf(`WITH l AS (INSERT INTO %s AS l (%s, %s) OVERRIDING SYSTEM VALUE SELECT id, value::%s FROM sluice_made WHERE look = %d ORDER BY code DESC RETURNING %s)
		INSERT INTO %s_c%d (sluice_op, %s) SELECT 'n', %s FROM l`, table, id, by, l.by.Base, look, l.rowOf("l"), w.journal, look, l.rowOf(""), l.rowOf("l")))
	if err == nil && got.RowsAffected() != n {
		err = fmt.Errorf("inserted %d rows of table %s, and %d were planned: a trigger or rule of that table may have done it; nothing was changed", got.RowsAffected(), l.Name, n)
	}
	return err
}

// givenIDs is the statement that replaces the codes in a column, or a link, of
// incoming rows.
func givenIDs(c *binding, look int, below int64) string {
	if c.link == nil {
		name := quoteName(c.to.Name)
		return fmt.Sprintf("UPDATE sluice_incoming s SET %s = m.id FROM sluice_made m WHERE m.look = %d AND m.code = s.%s AND m.id IS NOT NULL", name, look, name)
	}
	l := fmt.Sprintf("sluice_l%d", c.at)
	return fmt.Sprintf(`UPDATE sluice_incoming s SET %[1]s = (SELECT array_agg(coalesce(m.id, g) ORDER BY coalesce(m.id, g)) FROM unnest(s.%[1]s) g LEFT JOIN sluice_made m ON m.look = %[2]d AND m.code = g)
		WHERE s.%[1]s[1] < %[3]d`, l, look, below)
}
