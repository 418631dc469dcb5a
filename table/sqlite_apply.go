package table

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// apply writes the plan and its journal, in one transaction.
func (s *sqliteImport) apply(ctx context.Context, run plan.Run, counts plan.Counts) error {
	return s.writing(ctx, func() error {
		if err := s.forget(ctx); err != nil {
			return err
		}
		j := &journal{sqlite: s.sqlite, off: true}
		if run.ID != "" {
			var err error
			if j, err = s.beginRun(ctx, run, s.job.Name, s.form()); err != nil {
				return err
			}
		}
		return s.write(ctx, j, counts)
	})
}

// writing is a transaction that writes rows of the plan. It names those that the
// database refuses.
func (s *sqliteImport) writing(ctx context.Context, do func() error) error {
	err := s.transaction(ctx, beginRows, do)
	if sqliteRefuses(err) {
		err = s.trace(ctx, err)
	}
	return err
}

// write writes the part of the plan and its journal: if anybody has written to
// the database since it was compared, what is touched is compared again, and
// each statement touches as many rows as were planned.
func (s *sqliteImport) write(ctx context.Context, j *journal, counts plan.Counts) error {
	version, err := s.number(ctx, "PRAGMA data_version")
	if err != nil {
		return err
	}
	if version != s.version {
		if err := s.drift(ctx); err != nil {
			return err
		}
	}
	w := &sqliteWriter{sqliteImport: s, journal: j}
	for _, step := range []func(context.Context) error{w.create, w.update, w.remove, w.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if w.updated != counts[plan.Update] || w.inserted != counts[plan.New] || w.removed != counts[plan.Delete] {
		return fmt.Errorf("%d rows were updated, %d inserted and %d deleted, and %d, %d and %d were planned",
			w.updated, w.inserted, w.removed, counts[plan.Update], counts[plan.New], counts[plan.Delete])
	}
	return j.flush(ctx)
}

// A sqliteWriter is an apply under way.
type sqliteWriter struct {
	*sqliteImport
	journal                    *journal
	updated, inserted, removed int64
}

// writeBatch is how many rows one statement inserts.
const writeBatch = 50_000

// insert writes the new rows.
func (w *sqliteWriter) insert(ctx context.Context) error {
	from, to := w.news()
	return w.insertSome(ctx, from, to)
}

// insertSome writes the new ones of the incoming rows from one up to another,
// with IDs that are known before, and their links.
func (w *sqliteWriter) insertSome(ctx context.Context, from, to int) error {
	f := &freshRows{sqliteWriter: w, in: w.in.reader().at(from), to: to, pairs: make([][][]byte, len(w.links))}
	var columns, given []string
	if w.idAt == nil {
		columns = append(columns, w.ids[0])
		var err error
		if f.id, err = w.lastRow(ctx); err != nil {
			return err
		}
	}
	for _, c := range w.columns {
		columns = append(columns, quoteName(c.to.Name))
	}
	for i := range columns {
		given = append(given, fmt.Sprintf("c%d", i))
	}
	if err := w.give(ctx, "new", strings.Join(given, ", "), func() (rowFeed, error) { return f.next, nil }); err != nil {
		return err
	}
	insert := "INSERT OR FAIL" // which needs no way back for a part of the rows
	if w.orAbort() == "" {
		insert = "INSERT" // what triggers say of conflicts holds
	}
	for !f.ended {
		f.begin()
		n, err := w.exec(ctx, fmt.Sprintf("%s INTO %s (%s) SELECT * FROM temp.sluice_new", insert, w.sqlName(), strings.Join(columns, ", ")))
		if err != nil {
			return err
		}
		w.inserted += n
		if err := f.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lastRow returns the highest number that a row has, or had.
func (w *sqliteWriter) lastRow(ctx context.Context) (int64, error) {
	sql := fmt.Sprintf("SELECT coalesce(max(%s), 0) FROM %s", w.ids[0], w.sqlName())
	for _, c := range w.Columns {
		if c.Sequence != "" {
			sql = fmt.Sprintf("SELECT max(coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = '%s'), 0), (%s))", strings.ReplaceAll(w.Name, "'", "''"), sql)
		}
	}
	last, err := w.number(ctx, sql)
	if err == nil && last > 1<<62 {
		err = fmt.Errorf("table %s has a row of number %d: few numbers, or none, are left for new rows", w.Name, last)
	}
	return last, err
}

// freshRows gives the new rows, batch by batch.
type freshRows struct {
	*sqliteWriter
	in      *spoolReader
	to      int   // the incoming row at which they end
	id      int64 // of the last row, if the rows are numbered here
	left    int   // of the batch
	ended   bool
	entries [][]byte
	pairs   [][][]byte // by link: what it refers to, and the ID
	values  []driver.Value
}

func (f *freshRows) begin() {
	f.left, f.entries = writeBatch, f.entries[:0]
	for i := range f.pairs {
		f.pairs[i] = f.pairs[i][:0]
	}
}

// next is a rowFeed.
func (f *freshRows) next() ([]driver.Value, error) {
	if f.left == 0 {
		return nil, nil
	}
	f.left--
	i, _, fields, err := f.in.next(rowFresh)
	if err != nil || i < 0 || i >= f.to {
		f.ended = true
		return nil, err
	}
	fields = f.resolve(fields)
	f.values = f.values[:0]
	var id []byte
	if f.idAt == nil {
		f.id++
		f.values = append(f.values, f.id)
		id = putInt(nil, f.id)
	}
	f.values, _ = takeValues(f.values, fields, len(f.columns))
	for _, at := range f.idAt {
		id = append(id, fieldAt(fields, at)...)
	}
	f.entries = append(f.entries, f.rowHash(id, fields))
	f.link(id, fields)
	return f.values, nil
}

func fieldAt(fields []byte, at int) []byte {
	_, rest := cutStored(fields, at)
	field, _ := cutStored(rest, 1)
	return field
}

// link notes the links of a row.
func (f *freshRows) link(id, fields []byte) {
	_, sets := cutStored(fields, len(f.columns))
	for l := range f.links {
		own := id // of one field: else the links would refer to a column
		if at := f.ownAt[l]; at >= 0 {
			own = fieldAt(fields, at)
		}
		var set [][]byte
		set, sets = takeSet(nil, sets)
		for _, other := range set {
			f.pairs[l] = append(f.pairs[l], append(append([]byte(nil), own...), other...))
		}
	}
}

// finish writes the links and the journal of a batch.
func (f *freshRows) finish(ctx context.Context) error {
	for l, c := range f.links {
		if len(f.pairs[l]) == 0 {
			continue
		}
		if err := f.addLinks(ctx, c, f.pairs[l]); err != nil {
			return err
		}
	}
	if len(f.Triggers) > 0 {
		if err := f.readBack(ctx, f.sqliteTarget, f.entries); err != nil {
			return err
		}
	}
	for _, entry := range f.entries {
		if err := f.journal.add(ctx, "new", f.Table, entry); err != nil {
			return err
		}
	}
	return nil
}

// addLinks inserts links: pairs of what they refer to.
func (w *sqliteWriter) addLinks(ctx context.Context, c *binding, pairs [][]byte) error {
	if err := w.giveFields(ctx, "pairs", 2, pairs); err != nil {
		return err
	}
	n, err := w.exec(ctx, fmt.Sprintf("INSERT%s INTO %s (%s, %s) SELECT * FROM temp.sluice_pairs", c.link.orAbort(), c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.other.Name)))
	if err == nil && n != int64(len(pairs)) {
		err = fmt.Errorf("%d rows of table %s were inserted, and %d were planned", n, c.link.Name, len(pairs))
	}
	return err
}

// readBack puts the hashes of rows as they are now behind the IDs of entries.
func (d *sqlite) readBack(ctx context.Context, t *sqliteTarget, entries [][]byte) error {
	k := &rowChunk{}
	for from := 0; from < len(entries); from += chunkRows {
		part := entries[from:min(from+chunkRows, len(entries))]
		if err := d.giveFields(ctx, "ids", len(t.ids), part); err != nil {
			return err
		}
		if err := d.read(ctx, t, t.at(), k); err != nil {
			return err
		}
		if len(k.rows) != len(part) {
			return fmt.Errorf("%d rows of table %s were written, and %d of them are there: a trigger of the table may have done it", len(part), t.Name, len(k.rows))
		}
		for i := range part {
			ids, fields := k.row(i)
			part[i] = t.rowHash(append([]byte(nil), ids...), fields)
		}
	}
	return nil
}
