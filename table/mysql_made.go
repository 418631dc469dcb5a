package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Rows of look-ups that are created with the rows that refer to them are in
// sluice_made:
//
//	look    the first column of the job that looks them up
//	code    the ID that incoming rows have for them: see mysqlLooker
//	value   what is looked up, as text
//	id      the ID that they get
//
// A journal keeps them, whole, in j<n>_c<look>.

// fillMade fills sluice_made with all that is not there, or not yet.
func (s *mysqlImport) fillMade(ctx context.Context) error {
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_made (look int NOT NULL, code bigint NOT NULL, value longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, id bigint, PRIMARY KEY (look, code)) ENGINE=InnoDB"); err != nil {
		return err
	}
	for _, g := range s.t.creates() {
		look := s.looks[g[0]]
		var rows []byte
		for i, text := range look.made {
			rows = fmt.Appendf(rows, "(%d,%s,%s),", g[0].at, look.code(i), quoteText(text))
			if len(rows) >= insertBytes || i == len(look.made)-1 {
				if err := s.all(ctx, "INSERT INTO sluice_made (look, code, value) VALUES "+string(rows[:len(rows)-1])); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
	}
	return nil
}

// idsOf selects the IDs that rows of the plan, or a part of it, have from a
// look-up.
func (t *target) idsOf(g []*binding, plan string) string {
	var used []string
	for _, c := range g {
		if c.link != nil {
			used = append(used, fmt.Sprintf("SELECT l.id AS v FROM sluice_links l JOIN %s p ON p.sluice_row = l.sluice_row WHERE l.col = %d", plan, c.at))
		} else {
			used = append(used, "SELECT s."+quoteName(c.to.Name)+" AS v FROM sluice_incoming s JOIN "+plan+" p ON p.sluice_row = s.sluice_row")
		}
	}
	return "(" + strings.Join(used, " UNION ALL ") + ") u"
}

// pruneMade leaves in sluice_made what rows of the plan refer to, and notes it.
func (s *mysqlImport) pruneMade(ctx context.Context) error {
	for _, g := range s.t.creates() {
		look := s.looks[g[0]]
		if len(look.made) == 0 {
			continue
		}
		if err := s.all(ctx, fmt.Sprintf("DELETE FROM sluice_made WHERE look = %d AND code NOT IN (SELECT v FROM %s WHERE v < %d)", g[0].at, s.t.idsOf(g, "sluice_plan"), look.below)); err != nil {
			return err
		}
		n, err := s.number(ctx, fmt.Sprintf("SELECT count(*) FROM sluice_made WHERE look = %d", g[0].at))
		if err != nil {
			return err
		}
		var first []string
		if err := s.texts(ctx, fmt.Sprintf("SELECT value FROM sluice_made WHERE look = %d ORDER BY code DESC LIMIT 10", g[0].at), func(v []*string) error {
			first = append(first, *v[0])
			return nil
		}); err != nil {
			return err
		}
		s.load.remark(madeNote(g[0].lookup, n, first))
	}
	return nil
}

// create makes the rows of look-ups that the plan refers to, and gives the
// incoming rows their IDs.
func (w *mysqlWriter) create(ctx context.Context) error {
	if w.given || len(w.t.creates()) == 0 { // an earlier batch has made them
		return nil
	}
	for _, g := range w.t.creates() {
		look := g[0].at
		n, err := w.number(ctx, fmt.Sprintf("SELECT count(*) FROM sluice_made WHERE look = %d AND id IS NULL", look))
		if err == nil && n > 0 {
			err = w.createOf(ctx, look, n, g[0].lookup)
		}
		if err != nil {
			return err
		}
	}
	if w.inBatches() {
		if err := w.keepMade(ctx); err != nil {
			return err
		}
	}
	return w.giveMade(ctx)
}

// giveMade gives the incoming rows the IDs of rows that were made.
func (s *mysqlImport) giveMade(ctx context.Context) error {
	for _, g := range s.t.creates() {
		look := g[0].at
		for _, c := range g {
			on, set := fmt.Sprintf("sluice_links s JOIN sluice_made m ON s.col = %d AND m.code = s.id", c.at), "s.id"
			if c.link == nil {
				set = "s." + quoteName(c.to.Name)
				on = "sluice_incoming s JOIN sluice_made m ON m.code = " + set
			}
			if err := s.all(ctx, fmt.Sprintf("UPDATE %s SET %s = m.id WHERE m.look = %d AND m.id IS NOT NULL", on, set, look)); err != nil {
				return err
			}
		}
	}
	return nil
}

// createOf makes n rows of one table, which the database numbers one after the
// other.
func (w *mysqlWriter) createOf(ctx context.Context, look int, n int64, l *lookup) error {
	table, by, id := l.sqlName(), quoteName(l.by.Name), quoteName(l.id.Name)
	var there []plan.Problem
	if err := w.texts(ctx, fmt.Sprintf("SELECT m.value FROM sluice_made m JOIN %s l ON l.%s = m.value COLLATE %s WHERE m.look = %d AND m.id IS NULL ORDER BY 1 LIMIT 20", table, by, l.by.collate(), look), func(v []*string) error {
		there = append(there, plan.Problem{File: l.Name, Why: fmt.Sprintf("a row with the %s %q was made since it was looked up", l.by.Name, *v[0])})
		return nil
	}); err != nil {
		return err
	}
	if there != nil {
		return &plan.DriftError{Moved: there}
	}
	got, err := w.exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT value FROM sluice_made WHERE look = %d AND id IS NULL ORDER BY code DESC", table, by, look))
	if err == nil && got != n {
		err = fmt.Errorf("inserted %d rows of table %s, and %d were planned: a trigger of that table may have done it; nothing was changed", got, l.Name, n)
	}
	if err != nil {
		return err
	}
	if got, err = w.exec(ctx, fmt.Sprintf("UPDATE sluice_made m JOIN %s l ON l.%s = m.value COLLATE %s SET m.id = l.%s WHERE m.look = %d AND m.id IS NULL", table, by, l.by.collate(), id, look)); err != nil {
		return err
	}
	if got != n {
		return fmt.Errorf("%d rows of table %s are found by their %s, and %d were made; nothing was changed", got, l.Name, l.by.Name, n)
	}
	_, err = w.exec(ctx, fmt.Sprintf("INSERT INTO %s (sluice_op, %s) SELECT 'n', %s FROM %s l JOIN sluice_made m ON m.look = %d AND m.id = l.%s", w.journalOf(fmt.Sprintf("_c%d", look)), l.rowOf(""), l.rowOf("l"), table, look, id))
	return err
}
