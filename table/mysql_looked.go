package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// What was looked up is in sluice_look, until it is known to hold in the
// transaction that writes:
//
//	look    the first column of the job that looks it up
//	value   what was looked up, as text
//	id      the ID that was found, as text

// fillLook fills sluice_look with all that was found.
func (s *mysqlImport) fillLook(ctx context.Context) error {
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_look (look int NOT NULL, value longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, id varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=InnoDB"); err != nil {
		return err
	}
	for _, g := range s.t.lookups() {
		look := s.looks[g[0]]
		var rows []byte
		send := func() error {
			if len(rows) == 0 {
				return nil
			}
			err := s.all(ctx, "INSERT INTO sluice_look VALUES "+string(rows[:len(rows)-1]))
			rows = rows[:0]
			return err
		}
		for text, ids := range look.ids {
			if len(ids) == 1 && !look.makes(ids[0]) {
				rows = fmt.Appendf(rows, "(%d,%s,%s),", g[0].at, quoteText(text), quoteText(ids[0]))
			}
			if len(rows) >= insertBytes {
				if err := send(); err != nil {
					return err
				}
			}
		}
		if err := send(); err != nil {
			return err
		}
	}
	return nil
}

// collate is the collation that texts of utf8mb4 are compared by with the column.
func (c *Column) collate() string {
	if c.Charset == "utf8mb4" {
		return c.Collation
	}
	return "utf8mb4_bin"
}

// looked sees that what was looked up still stands for the rows that were found,
// and locks these against other natural keys.
func (w *mysqlWriter) looked(ctx context.Context) error {
	var moved []plan.Problem
	for _, g := range w.t.lookups() {
		which, err := w.used(ctx, g)
		if err != nil {
			return err
		}
		var found []plan.Problem
		for _, used := range which {
			if found, err = w.lookedAgain(ctx, g[0].lookup, used); err != nil {
				return err
			}
			if found == nil {
				break
			}
		}
		moved = append(moved, found...)
	}
	return driftOf(moved)
}

// used is which rows k of sluice_look rows of the plan refer to. If they are few
// beside these, all of them come first: it is enough if those hold.
func (w *mysqlWriter) used(ctx context.Context, g []*binding) (which []string, err error) {
	all := fmt.Sprintf("k.look = %d", g[0].at)
	exact := all + " AND k.id IN (SELECT cast(v AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin FROM " + w.t.idsOf(g, w.plan) + ")"
	n, err := w.number(ctx, "SELECT count(*) FROM sluice_look k WHERE "+all)
	if n*10 > w.counts[plan.New]+w.counts[plan.Update] {
		return []string{exact}, err
	}
	return []string{all, exact}, err
}

// lookedAgain locks the rows of a look-up that were found, as far as they are used,
// and returns what no longer finds them.
func (w *mysqlWriter) lookedAgain(ctx context.Context, l *lookup, used string) (moved []plan.Problem, err error) {
	id, by := "l."+quoteName(l.id.Name), "l."+quoteName(l.by.Name)
	if err := w.texts(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (SELECT k.id FROM sluice_look k WHERE %s ORDER BY k.id) k STRAIGHT_JOIN %s l%s ON %s = %s LOCK IN SHARE MODE) o", used, l.sqlName(), l.foundBy([]string{l.id.Name}), id, l.id.ofText("k.id")), func([]*string) error { return nil }); err != nil {
		return nil, err
	}
	err = w.texts(ctx, fmt.Sprintf("SELECT k.value, count(%[1]s) AS n FROM sluice_look k LEFT JOIN %[2]s l ON %[3]s = %[4]s WHERE %[5]s GROUP BY k.value, k.id HAVING count(%[1]s) <> 1 OR min(cast(%[1]s AS CHAR)) <> k.id ORDER BY 1 LIMIT 20",
		id, l.sqlName(), by, l.by.sameText("k.value"), used), func(v []*string) error {
		moved = append(moved, l.moved(*v[0], map[bool]int{true: 0, false: 1}[*v[1] == "0"]))
		return nil
	})
	return moved, err
}

// ofText is a value of the column that a text is of.
func (c *Column) ofText(text string) string {
	switch k := c.Type.Kind; {
	case k < row.Int16 || k > row.Int64:
		return c.sameText(text)
	case strings.Contains(c.Declared, "unsigned"):
		return "cast(" + text + " AS UNSIGNED)"
	}
	return "cast(" + text + " AS SIGNED)"
}

// sameText is a text of utf8mb4 as it is compared with the column.
func (c *Column) sameText(text string) string {
	if c.Charset == "" {
		return text
	}
	return strings.TrimSpace(text + " COLLATE " + c.collate())
}
