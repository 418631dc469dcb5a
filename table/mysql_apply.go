package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// apply writes the plan and its journal, in one transaction: each row that is
// touched is locked, is still as it was compared, and each statement touches as
// many as were planned. The tables of the journal are made before it, since that
// would commit it, and belong to no run until it is committed.
func (s *mysqlImport) apply(ctx context.Context, run plan.Run, counts plan.Counts) error {
	watch := s.watch(ctx)
	w := &mysqlWriter{mysqlImport: s, counts: counts, id: s.t.identity(), plan: "sluice_plan"}
	return s.tell(w.commitAs(ctx, run, false), watch())
}

// commitAs writes in a transaction of a run, which has begun or not.
func (w *mysqlWriter) commitAs(ctx context.Context, run plan.Run, begun bool) (err error) {
	var n int64
	if begun {
		n, err = w.runOf(ctx, run)
	} else {
		n, err = w.newRun(ctx, run, w.t)
	}
	if err != nil {
		return err
	}
	w.journal = w.journalName(n)
	err = w.commit(ctx, n, run, func() error { return w.write(ctx, n, run) })
	if err == nil && run.State != running && (run.ID != "" || w.saved != 0) {
		_ = w.expire(ctx) // or the next does
	}
	if mysqlRefuses(err) {
		err = w.trace(ctx, err, w.plan)
	}
	return err
}

// A mysqlWriter is an apply under way.
type mysqlWriter struct {
	*mysqlImport
	counts  plan.Counts // of the rows in plan
	id      []*Column
	plan    string // the table of what is done: sluice_plan, or a part of it
	journal string // what its tables' names begin with
	news    newRows
	loosed  bool // new rows were inserted with loose keys
	apart   bool // what they refer to may not be there yet: their keys stay loose
}

func (w *mysqlWriter) journalOf(behind string) string { return behindName(w.journal, behind) }

// behindName puts something behind a name that is quoted.
func behindName(name, behind string) string { return name[:len(name)-1] + behind + `"` }

func (w *mysqlWriter) write(ctx context.Context, n int64, run plan.Run) error {
	if err := w.enter(ctx, w.t); err != nil {
		return err
	}
	if run.ID != "" {
		if err := w.record(ctx, n, run); err != nil {
			return err
		}
	}
	if run.State != running {
		if err := w.forget(ctx); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{w.lock, w.drifted, w.looked, w.create, w.loosen, w.remove, w.update, w.insert, w.tighten} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.settled(ctx)
}

// do runs a statement of which it is known how many rows it must touch: -1 is
// any number.
func (w *mysqlWriter) do(ctx context.Context, want int64, what, sql string) error {
	got, err := w.exec(ctx, sql)
	if err == nil && want >= 0 {
		err = w.touched(got, want, what)
	}
	return err
}

// touched refuses to have touched other than the planned number of rows.
func (w *mysqlWriter) touched(got, want int64, what string) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s %d rows of table %s, and %d were planned: a trigger of the table may have done it; nothing was changed", what, got, w.t.Name, want)
}

// hashed is a hash of the loaded columns of a row t: of their texts if these have
// no comma, else of how long they are, and then of them.
func hashed(t *target) string {
	var parts, long []string
	for _, c := range t.columns {
		name := "t." + quoteName(c.to.Name)
		switch c.to.Type.Kind {
		case row.Bool, row.Int16, row.Int32, row.Int64, row.Decimal, row.Float32, row.Float64, row.Date, row.Time, row.Timestamp, row.TimestampTZ:
			parts = append(parts, "coalesce("+name+", '')")
		default:
			bytes := "cast(" + name + " AS BINARY)"
			parts, long = append(parts, "coalesce(length("+bytes+"), '')"), append(long, bytes)
		}
	}
	return "md5(concat_ws(',', " + strings.Join(append(parts, long...), ", ") + "))"
}

// update writes the columns of rows that differ, and then their links.
func (w *mysqlWriter) update(ctx context.Context) error {
	if w.counts[plan.Update] == 0 {
		return nil
	}
	if err := w.followers(ctx, w.plan); err != nil {
		return err
	}
	tight := w.t.tight()
	written := masked("p.mask", tight)
	n, err := w.number(ctx, "SELECT count(*) FROM "+w.plan+" p WHERE p.op = 'u' AND "+written)
	if err != nil {
		return err
	}
	if n > 0 {
		if err := w.do(ctx, n, "updated", fmt.Sprintf("UPDATE %s p STRAIGHT_JOIN sluice_incoming s ON s.sluice_row = p.sluice_row STRAIGHT_JOIN %s ON %s SET %s WHERE p.op = 'u' AND %s",
			w.plan, w.t.found("t"), sameAs(w.id, "t.%c", "p.i%i"), each(tight, ", ", "t.%c = s.%c"), written)); err != nil {
			return err
		}
	}
	for _, c := range w.t.links {
		if err := w.relink(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// relink adds the links that updated rows lack. Their sets are then those of the
// files, and in the journal.
func (w *mysqlWriter) relink(ctx context.Context, c *binding) error {
	mine := "p.op = 'u' AND " + masked("p.mask", []*binding{c})
	n, err := w.number(ctx, "SELECT count(*) FROM "+w.plan+" p WHERE "+mine)
	if err != nil || n == 0 {
		return err
	}
	own, other, through, id := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName(), "t."+quoteName(c.link.ownID.Name)
	from := fmt.Sprintf("%s p JOIN sluice_links l ON l.sluice_row = p.sluice_row AND l.col = %d JOIN %s t ON %s", w.plan, c.at, w.t.sqlName(), sameAs(w.id, "t.%c", "p.i%i"))
	journal := w.journalOf(fmt.Sprintf("_l%d", c.at))
	if err := w.all(ctx,
		"DROP TEMPORARY TABLE IF EXISTS sluice_come",
		fmt.Sprintf("CREATE TEMPORARY TABLE sluice_come ENGINE=InnoDB AS SELECT %s AS own, l.id AS other, p.sluice_row FROM %s WHERE %s AND NOT EXISTS (SELECT 1 FROM %s k WHERE k.%s = %s AND k.%s = l.id)", id, from, mine, through, own, id, other),
		fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT own, other FROM sluice_come", through, own, other),
		fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'n', %s, %s FROM sluice_come o JOIN %s k ON k.%s = o.own AND k.%s = o.other JOIN %s p ON p.sluice_row = o.sluice_row",
			journal, names(w.id, ", ", "sluice_i%i"), c.link.rowOf(""), names(w.id, ", ", "p.i%i"), c.link.rowOf("k"), through, own, other, w.plan),
		"DROP TEMPORARY TABLE sluice_come"); err != nil {
		return err
	}
	return w.do(ctx, n, "linked", fmt.Sprintf("UPDATE %s p JOIN %s ON %s JOIN %s j ON j.op = 'u' AND %s SET j.k%d = %s WHERE %s AND %s = coalesce((SELECT group_concat(l.id ORDER BY l.id SEPARATOR ',') FROM sluice_links l WHERE l.col = %d AND l.sluice_row = p.sluice_row), '')",
		w.plan, w.t.found("t"), sameAs(w.id, "t.%c", "p.i%i"), w.journal, sameAs(w.id, "j.i%i", "p.i%i"), c.at, linkedNow(c), mine, linkedNow(c), c.at))
}

// insert writes the new rows and their links.
func (w *mysqlWriter) insert(ctx context.Context) error {
	n := w.counts[plan.New]
	if n == 0 {
		return nil
	}
	err := w.gatherNew(ctx)
	if err == nil {
		err = w.insertNew(ctx, n)
	}
	if err == nil && w.loosed && !w.apart {
		err = w.tightenNew(ctx)
	}
	if err != nil {
		return err
	}
	for _, c := range w.t.links {
		if err := w.link(ctx, c); err != nil {
			return err
		}
	}
	return w.inserted(ctx, n)
}

// inserted journals the new rows, of which each is found, and is the one of its
// number.
func (w *mysqlWriter) inserted(ctx context.Context, n int64) error {
	if len(w.id) == 0 {
		return nil
	}
	on := w.isNew()
	if w.news.made != "" && len(w.t.key) > 0 {
		on += " AND " + w.t.keySame("s", "t")
	}
	columns, values := []string{"op", "h", names(w.id, ", ", "i%i")}, []string{"'n'", hashed(w.t), names(w.id, ", ", "t.%c")}
	for _, c := range w.t.links {
		ids, err := w.linkedAnew(ctx, c)
		if err != nil {
			return err
		}
		columns, values = append(columns, fmt.Sprintf("k%d", c.at)), append(values, ids)
	}
	return w.do(ctx, n, "found", fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s JOIN %s t ON %s",
		w.journal, strings.Join(columns, ", "), strings.Join(values, ", "), w.news.from, w.t.sqlName(), on))
}

// linkedAnew are the IDs that a new row t is linked to, in order: those of its
// incoming row s, if nothing else can have linked it, and all of them were there.
func (w *mysqlWriter) linkedAnew(ctx context.Context, c *binding) (string, error) {
	if len(c.link.Triggers) > 0 || c.link.reference(c.link.own.Name) == nil {
		return linkedNow(c), nil
	}
	made, err := w.number(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM sluice_made WHERE look = %d)", w.lookOf(c)))
	if err != nil || made == 1 {
		return linkedNow(c), err
	}
	return fmt.Sprintf("s.sluice_l%d", c.at), nil
}

// noSuchTable is the number of an error of MySQL.
const noSuchTable = 1146

// mysqlNoParent is that of a row which refers to one that is not there.
const mysqlNoParent = 1452

// enter begins a transaction that writes to the table, which is as it was
// inspected. Until it ends nobody can alter it.
func (m *mysql) enter(ctx context.Context, t *target) error {
	err := m.texts(ctx, "SELECT 1 FROM "+t.sqlName()+" LIMIT 1", func([]*string) error { return nil })
	if mysqlCode(err) == noSuchTable {
		return &plan.DriftError{Moved: []plan.Problem{{File: t.Name, Why: "the table is no longer there"}}}
	}
	if err != nil {
		return err
	}
	now, err := m.inspectOn(ctx, m.conn, jobName(t.Schema, t.Name))
	if err != nil {
		return err
	}
	if what := altered(t.Table, now); what != "" {
		return &plan.DriftError{Moved: []plan.Problem{{File: t.Name, Why: "the table was altered since it was compared: " + what}}}
	}
	return nil
}

// mysqlCode returns the number of an error of the database; 0: it is none.
func mysqlCode(err error) uint16 {
	var e *driver.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}
