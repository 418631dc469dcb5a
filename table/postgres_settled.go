package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// Triggers may write again what was written. So of a table with triggers it is
// looked at in the end.

// settled brings the hashes of the journal up to date, and finds out whether all
// rows that this transaction has written are there.
func (w *postgresWriter) settled(ctx context.Context) error {
	if len(w.t.Triggers) == 0 || len(w.id) == 0 {
		return nil
	}
	return w.do(ctx, w.counts[plan.Update]+w.counts[plan.New], "left", fmt.Sprintf("UPDATE %s j SET h = %s FROM %s t WHERE j.op <> 'd' AND j.xmin::text::bigint = %s AND %s",
		w.journal, hash(w.t), w.t.sqlName(), thisXID, equal(w.id, "t.%c", "j.i%i")))
}

// asTheyWere finds out whether what was taken back is as it was before the run.
// from is the name that the tables of the journal begin with.
func (u *postgresUndo) asTheyWere(ctx context.Context, tx pgx.Tx, from string) error {
	id := u.t.identity()
	if len(u.t.Triggers) > 0 && u.counts[plan.Update] > 0 {
		was := map[string]string{}
		for _, c := range u.t.columns {
			was[c.to.Name] = c.to.back(fmt.Sprintf("j.b%d", c.at))
		}
		if err := u.sameRows(ctx, tx, u.t.Table, was, "(SELECT * FROM "+from+" WHERE op = 'u')", equal(id, "t.%c", "j.i%i"), names(id, ", ", "j.i%i")); err != nil {
			return err
		}
	}
	if put := u.wholes["_d"]; len(u.t.Triggers) > 0 && u.counts[plan.New] > 0 {
		if err := u.sameRows(ctx, tx, u.t.Table, put.given(), from+"_d", equal(id, "t.%c", "j.%c"), names(id, ", ", "j.%c")); err != nil {
			return err
		}
	}
	for _, c := range u.t.links {
		if put, there := u.wholes[fmt.Sprintf("_l%d", c.at)]; there && len(c.link.Triggers) > 0 {
			pair := []*Column{c.link.own, c.link.other}
			if err := u.sameRows(ctx, tx, c.link.Table, put.given(), fmt.Sprintf("(SELECT * FROM %s_l%d WHERE sluice_op = 'd')", from, c.at), names(pair, " AND ", "t.%c = j.%c"), names(pair, ", ", "j.%c")); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameRows refuses rows j of a journal whose row t of the table has other values
// than was gives by column, or is not there.
func (u *postgresUndo) sameRows(ctx context.Context, tx pgx.Tx, t *Table, was map[string]string, from, on, name string) error {
	var differ []string
	for _, c := range t.Columns {
		if value, there := was[c.Name]; there {
			differ = append(differ, fmt.Sprintf("CASE WHEN t.%s::text IS DISTINCT FROM (%s)::text THEN %s END", quoteName(c.Name), value, quoteText(c.Name)))
		}
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT name, what FROM (SELECT concat_ws(' ', %s) AS name, concat_ws(', ', %s) AS what FROM %s j LEFT JOIN %s t ON %s) v WHERE what <> '' ORDER BY 1",
		name, strings.Join(differ, ", "), from, t.sqlName(), on))
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s string, err error) {
		var name, what string
		err = row.Scan(&name, &what)
		return name + ": " + what, err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return t.otherwise(found)
}
