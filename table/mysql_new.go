package table

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A newRows is where the new rows of a writer are: incoming rows s, whose place
// among them, from 0, is in a table n. If all incoming rows are new that needs no
// table, since their numbers tell it.
type newRows struct {
	from  string // FROM
	order string // ORDER BY
	made  string // the column of their ID, if that is not loaded
	given bool   // that is in n; else the database numbers them, one after the other
	first int64  // the number of the first
}

// gatherNew finds the new rows.
func (w *mysqlWriter) gatherNew(ctx context.Context) error {
	ids, typ := "NULL", "bigint NULL"
	w.news = newRows{from: "sluice_new n JOIN sluice_incoming s ON s.sluice_row = n.sluice_row", order: "n.sluice_row"}
	if id := w.id; len(id) == 1 && w.t.binding(id[0].Name) == nil {
		w.news.made, typ = quoteName(id[0].Name), id[0].Base
		if w.news.given = id[0].Identity == NoIdentity; w.news.given {
			ids = id[0].made()
		}
	}
	if w.allAtOnce() {
		w.news.from, w.news.order = "sluice_incoming s", "s.sluice_row"
		return nil
	}
	return w.all(ctx, "DROP TEMPORARY TABLE IF EXISTS sluice_new", "CREATE TEMPORARY TABLE sluice_new (sluice_row bigint NOT NULL PRIMARY KEY, place bigint NOT NULL, sluice_id "+typ+") ENGINE=InnoDB",
		"INSERT INTO sluice_new SELECT sluice_row, row_number() OVER (ORDER BY sluice_row) - 1, "+ids+" FROM "+w.plan+" WHERE op = 'n'")
}

// allAtOnce says whether the new rows are all incoming rows.
func (w *mysqlWriter) allAtOnce() bool {
	return w.firstNew > 0 && w.plan == "sluice_plan" && !w.news.given
}

// newID is the ID of a new row, of which rows has the number.
func (w *mysqlWriter) newID(rows string) string {
	switch {
	case w.news.given:
		return "n.sluice_id"
	case w.allAtOnce():
		return fmt.Sprintf("(%d + (%s.sluice_row - %d) * @@auto_increment_increment)", w.news.first, rows, w.firstNew)
	}
	return fmt.Sprintf("(%d + n.place * @@auto_increment_increment)", w.news.first)
}

// isNew is the condition that a row t is a new one.
func (w *mysqlWriter) isNew() string {
	if w.news.made == "" {
		return sameAs(w.id, "t.%c", "s.%c")
	}
	return "t." + w.news.made + " = " + w.newID("s")
}

// insertNew inserts n new rows. If they refer to each other, their keys are loose.
func (w *mysqlWriter) insertNew(ctx context.Context, n int64) error {
	columns, values := "", ""
	if w.news.given {
		columns, values = w.news.made+", ", w.newID("s")+", "
	}
	insert := func(of map[string]string) (sql.Result, error) {
		var list []string
		for _, c := range w.t.columns {
			list = append(list, cmp.Or(of[c.to.Name], "s."+quoteName(c.to.Name)))
		}
		return w.conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s ORDER BY %s", w.t.sqlName(), columns+each(w.t.columns, ", ", "%c"), values+strings.Join(list, ", "), w.news.from, w.news.order))
	}
	got, err := insert(nil)
	if loose := w.t.looseNew(); loose != nil && mysqlCode(err) == mysqlNoParent {
		w.loosed = true
		got, err = insert(loose)
	}
	if err != nil {
		return w.stop(ctx, err)
	}
	rows, err := got.RowsAffected()
	if err == nil {
		err = w.touched(rows, n, "inserted")
	}
	if err == nil {
		w.news.first, err = got.LastInsertId()
	}
	return err
}

// link writes the links of new rows.
func (w *mysqlWriter) link(ctx context.Context, c *binding) error {
	own, from := w.newID("l"), "sluice_links l"
	if !w.allAtOnce() {
		from += " JOIN sluice_new n ON n.sluice_row = l.sluice_row"
	}
	if w.news.made == "" {
		own, from = "s."+quoteName(c.link.ownID.Name), from+" JOIN sluice_incoming s ON s.sluice_row = l.sluice_row"
	}
	from += fmt.Sprintf(" WHERE l.col = %d", c.at)
	n, err := w.number(ctx, "SELECT count(*) FROM "+from)
	if err != nil || n == 0 {
		return err
	}
	return w.do(ctx, n, "linked", fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT %s, l.id FROM %s ORDER BY l.sluice_row, l.id",
		c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.other.Name), own, from))
}
