package table

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// What was looked up is in sluice_look, until it is known to hold in the
// transaction that writes:
//
//	look    the first column of the job that looks it up
//	value   what was looked up, as text
//	id      the ID that was found, as text

// fillLook fills sluice_look with all that was found.
func (s *postgresImport) fillLook(ctx context.Context) error {
	if _, err := execute(ctx, s.conn, "CREATE TEMP TABLE sluice_look (look int, value text, id text)"); err != nil {
		return err
	}
	for _, g := range s.t.lookups() {
		look := s.looks[g[0]]
		found := append([]byte(nil), copyHeader...)
		for text, ids := range look.ids {
			if len(ids) == 1 && !look.makes(ids[0]) {
				found = appendBytes(appendBytes(appendInt16(found, 2), []byte(text)), ids[0])
			}
		}
		if _, err := execute(ctx, s.conn, "CREATE TEMP TABLE sluice_ids (value text, id "+look.id.Base+")"); err != nil {
			return err
		}
		if _, err := s.conn.PgConn().CopyFrom(ctx, bytes.NewReader(append(found, copyTrailer...)), "COPY sluice_ids FROM STDIN (FORMAT binary)"); err != nil {
			return err
		}
		if _, err := execute(ctx, s.conn, fmt.Sprintf("INSERT INTO sluice_look SELECT %d, value, id::text FROM sluice_ids; DROP TABLE sluice_ids", g[0].at)); err != nil {
			return err
		}
	}
	_, err := execute(ctx, s.conn, "ANALYSE sluice_look")
	return err
}

// makes reports whether an ID is one for the time being.
func (k *looker) makes(id []byte) bool {
	if !k.create {
		return false
	}
	v := int64(int8(id[0]))
	for _, b := range id[1:] {
		v = v<<8 | int64(b)
	}
	return v < k.below
}

// uses selects the IDs that rows of the plan, or a part of it, have from a
// look-up.
func (t *target) uses(g []*binding, plan string) string {
	var used []string
	for _, c := range g {
		value := fmt.Sprintf("unnest(s.sluice_l%d)", c.at)
		if c.link == nil {
			value = "s." + quoteName(c.to.Name)
		}
		used = append(used, "SELECT "+value+" AS v FROM sluice_incoming s JOIN "+plan+" p USING (sluice_row)")
	}
	return "(" + strings.Join(used, " UNION ALL ") + ") u"
}

// used is the condition on a row k of sluice_look that rows of the plan have
// its ID.
func (t *target) used() string {
	conditions := []string{"false"}
	for _, g := range t.lookups() {
		conditions = append(conditions, fmt.Sprintf("k.look = %d AND k.id IN (SELECT v::text FROM %s)", g[0].at, t.uses(g, "sluice_plan")))
	}
	return strings.Join(conditions, " OR ")
}

// looked sees that what was looked up still stands for the rows that were found,
// and locks these, if the user may: a reader of a look-up's table need not be
// allowed to.
func (w *postgresWriter) looked(ctx context.Context) error {
	var moved []plan.Problem
	for _, g := range w.t.lookups() {
		l := g[0].lookup
		var there, may bool
		err := w.tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM sluice_look WHERE look = $1), has_any_column_privilege($2, 'UPDATE')", g[0].at, l.sqlName()).Scan(&there, &may)
		if err == nil && there && may {
			id := "l." + quoteName(l.id.Name)
			_, err = w.tx.Exec(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT FROM %s l JOIN sluice_look k ON k.look = %d AND %s = k.id::%s ORDER BY %s FOR %s OF l) o",
				l.sqlName(), g[0].at, id, l.id.Base, id, l.lockStrength()))
		}
		var found []plan.Problem
		if err == nil && there {
			found, err = w.lookedElse(ctx, g)
		}
		if err != nil {
			return err
		}
		moved = append(moved, found...)
	}
	return driftOf(moved)
}

// lockStrength is the weakest lock of a row that keeps others from giving it
// another natural key.
func (l *lookup) lockStrength() string {
	for _, u := range l.Uniques {
		if names := u.columns(); u.Where == "" && slices.Contains(names, l.by.Name) {
			return "KEY SHARE"
		}
	}
	return "SHARE"
}

// lookedElse finds what was looked up and now stands for no row, or another. Only
// then is it held against the rows of the plan.
func (w *postgresWriter) lookedElse(ctx context.Context, g []*binding) (moved []plan.Problem, err error) {
	l := g[0].lookup
	sql := fmt.Sprintf("SELECT k.value, count(l.%[1]s) AS n FROM sluice_look k LEFT JOIN %[2]s l ON l.%[3]s = k.value::%[4]s WHERE k.look = %[5]d{only} GROUP BY k.value, k.id HAVING count(l.%[1]s) <> 1 OR min(l.%[1]s::text) <> k.id ORDER BY 1 LIMIT 20",
		quoteName(l.id.Name), l.sqlName(), quoteName(l.by.Name), l.by.Base, g[0].at)
	for _, only := range []string{"", " AND k.id IN (SELECT v::text FROM " + w.t.uses(g, w.plan) + ")"} {
		rows, err := w.tx.Query(ctx, strings.Replace(sql, "{only}", only, 1))
		if err != nil {
			return nil, err
		}
		moved = nil
		var value string
		var n int
		if _, err = pgx.ForEachRow(rows, []any{&value, &n}, func() error {
			moved = append(moved, l.moved(value, n))
			return nil
		}); err != nil || moved == nil {
			return nil, err
		}
	}
	return moved, nil
}
