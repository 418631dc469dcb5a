package table

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// ExportOptions says how rows are written. The zero value is a good default.
type ExportOptions struct {
	// Format is "csv" (the default), "tsv", "ndjson", "parquet" or "xlsx".
	Format string

	// Compression is "none" (the default), "gzip" or "zstd"; of Parquet it is
	// that of its pages, by default "snappy"; a workbook has its own.
	Compression string

	// Progress counts the rows. Default: nobody looks.
	Progress *plan.Progress
}

// Exported is how an export ended.
type Exported struct {
	Type    string   `json:"type"` // "result"
	Status  int      `json:"status"`
	Rows    int64    `json:"rows"`
	Columns []string `json:"columns"`
	Bytes   int64    `json:"bytes"`
	Seconds float64  `json:"seconds"`
	Rate    float64  `json:"rows_per_second"`
}

// An exporter reads rows of a database, all of them as they are at one moment.
type exporter interface {
	// fields returns the columns of a query: of a table, unless that is nil.
	fields(ctx context.Context, t *Table, sql string) (row.Schema, error)

	// export gives each row of a query to each: for every column the text of
	// its value, nil for null, valid until each returns. A value of a column
	// of type Any is JSON.
	export(ctx context.Context, sql string, types []row.Type, each func([][]byte) error) error

	// lists is the SQL of a JSON array of what a row t is linked to, and its JOIN.
	lists(b *binding) (value, join string)
}

// An export is one run of a query into a file.
type export struct {
	ExportOptions
	began   time.Time
	columns []exported // of the file, and then twins
	twins   []exported // that are read from the same as a column of the file: they have to be the same
	key     []int      // of columns, that tell rows apart for a person
	inverse *mapping.Inverse
	csv     format.CSVOptions
	xlsx    format.XLSXOptions
	out     io.Writer
	bytes   int64

	read, write *row.Batch
	file        rowWriter
	rows        int64
}

// An exported is a column of an export.
type exported struct {
	name  string // in the file
	typ   row.Type
	at    int      // in the job's columns; -1: of a query
	bound *binding // nil: of a query
	plain mapping.Plain
	field int // of the query
}

// A rowWriter writes batches as a file.
type rowWriter interface {
	Write(b *row.Batch) error
	Close() error
}

// ExportQuery writes the rows of a query of a database, or of a table, in the
// order of its primary key.
func ExportQuery(ctx context.Context, database, table, query string, out io.Writer, o ExportOptions) (*Exported, error) {
	url, err := spec.ParseTemplate(strings.NewReplacer("{", "{{", "}", "}}").Replace(database))
	if err != nil {
		return nil, &spec.UsageError{Err: err}
	}
	db, err := openDatabase(ctx, database, &spec.Job{File: "export", To: spec.To{Database: url}})
	if err != nil {
		return nil, err
	}
	defer db.close(ctx)
	var t *Table
	if table != "" {
		if t, err = db.inspect(ctx, table); err != nil {
			return nil, fmt.Errorf("%w (--query exports whatever can be selected)", err)
		}
		query = t.selectAll()
	}
	query = strings.TrimRight(query, "; \t\r\n")
	schema, err := db.fields(ctx, t, query)
	if err != nil {
		return nil, err
	}
	e := newExport(out, o)
	types := make([]row.Type, len(schema))
	for i, f := range schema {
		types[i] = f.Type
		e.columns = append(e.columns, exported{name: f.Name, typ: f.Type, at: -1, plain: mapping.NewPlain(f.Type), field: i})
	}
	return e.run(ctx, db, query, types)
}

// selectAll selects every column of a table.
func (t *Table) selectAll() string {
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, quoteName(c.Name))
	}
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.sqlName()
	if key := t.PrimaryKey(); key != nil {
		for i := range key {
			key[i] = quoteName(key[i])
		}
		sql += " ORDER BY " + strings.Join(key, ", ")
	}
	return sql
}

// Export writes the rows of the table as the job reads them, in the order of its
// key. What no file of this job can say is an error that names the row.
func (im *Import) Export(ctx context.Context, out io.Writer, o ExportOptions) (*Exported, error) {
	e := newExport(out, o)
	if err := e.lay(im); err != nil {
		return nil, err
	}
	sql, types := e.selectTarget(im.target, im.db.lists)
	return e.run(ctx, im.db, sql, types)
}

func newExport(out io.Writer, o ExportOptions) *export {
	o.Format = cmp.Or(o.Format, "csv")
	if o.Progress == nil {
		o.Progress = &plan.Progress{}
	}
	return &export{ExportOptions: o, began: time.Now(), out: out}
}

// cells says whether the file is a table of cells, which are texts.
func (e *export) cells() bool { return e.Format == "csv" || e.Format == "tsv" || e.Format == "xlsx" }

// run writes the rows of a query.
func (e *export) run(ctx context.Context, db exporter, sql string, types []row.Type) (*Exported, error) {
	if err := e.open(); err != nil {
		return nil, err
	}
	e.Progress.Enter("exporting")
	e.Progress.Start(0, 0)
	err := db.export(ctx, sql, types, func(fields [][]byte) error { return e.row(ctx, fields) })
	if err == nil {
		err = e.flush(ctx)
	}
	if err == nil {
		err = e.file.Close()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	seconds := time.Since(e.began).Seconds()
	done := &Exported{Type: "result", Rows: e.rows, Bytes: e.bytes, Seconds: seconds, Rate: float64(e.rows) / seconds}
	for _, c := range e.columns[:len(e.columns)-len(e.twins)] {
		done.Columns = append(done.Columns, c.name)
	}
	return done, nil
}

// batchRows is how many rows are written at once.
const batchRows = 1024

// row takes a row of the query.
func (e *export) row(ctx context.Context, fields [][]byte) error {
	for i := range e.columns {
		c := &e.columns[i]
		if err := e.value(c, &e.read.Cols[i], fields); err != nil {
			return e.fault(i, fields, err)
		}
	}
	e.rows++
	e.read.Row = append(e.read.Row, e.rows)
	if e.read.Len++; e.read.Len < batchRows {
		return nil
	}
	return e.flush(ctx)
}

// value appends a value of the query.
func (e *export) value(c *exported, dst *row.Column, fields [][]byte) error {
	text := fields[c.field]
	switch {
	case c.bound != nil && c.bound.link != nil:
		return e.list(c, dst, text)
	case text == nil && c.bound != nil && c.bound.lookup != nil && fields[c.field+1] != nil:
		l := c.bound.lookup
		return fmt.Errorf("it is %s, and no row of %s with that has a %s", fields[c.field+1], l.Name, l.by.Name)
	case text == nil:
		dst.AppendNull()
		return nil
	}
	return c.plain.Add(e.read, dst, text)
}

// list appends the natural keys of what a row is linked to, in their order. A
// cell that is empty is the empty list.
func (e *export) list(c *exported, dst *row.Column, text []byte) error {
	var keys []*string
	if text != nil {
		if err := json.Unmarshal(text, &keys); err != nil {
			return err
		}
	}
	if len(keys) == 0 && e.cells() {
		dst.AppendNull()
		return nil
	}
	if slices.Contains(keys, nil) {
		l := c.bound.lookup
		return fmt.Errorf("it is linked to what is no row of %s with a %s", l.Name, l.by.Name)
	}
	slices.SortFunc(keys, func(a, b *string) int { return strings.Compare(*a, *b) })
	for _, key := range keys {
		if err := c.plain.Add(e.read, dst.Elem, []byte(*key)); err != nil {
			return err
		}
	}
	dst.AppendList()
	return nil
}

// fault names the row of an error.
func (e *export) fault(i int, fields [][]byte, err error) error {
	var names []string
	for _, k := range e.key {
		names = append(names, fmt.Sprintf("%s %q", e.columns[k].name, fields[e.columns[k].field]))
	}
	if names != nil {
		err = fmt.Errorf("of the row with %s: %w", strings.Join(names, ", "), err)
	}
	return &row.Error{Row: e.rows + 1, Column: e.columns[i].name, Err: err}
}

// flush writes the rows that are gathered.
func (e *export) flush(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range e.columns {
		if err := e.turn(i); err != nil {
			return err
		}
	}
	e.write.Len, e.write.Row = e.read.Len, append(e.write.Row, e.read.Row...)
	if err := e.compareTwins(); err != nil {
		return err
	}
	e.Progress.Rows.Add(int64(e.read.Len))
	shown := *e.write
	shown.Cols = shown.Cols[:len(e.columns)-len(e.twins)]
	if err := e.file.Write(&shown); err != nil {
		return err
	}
	e.Progress.BytesDone.Store(e.bytes)
	e.read.Reset()
	e.write.Reset()
	return nil
}

// turn makes a column of the file of one that was read.
func (e *export) turn(i int) error {
	c, from, to := &e.columns[i], &e.read.Cols[i], &e.write.Cols[i]
	if !e.texts(c) {
		for r := 0; c.bound != nil && r < e.read.Len; r++ {
			if from.Null[r] {
				continue
			}
			if err := e.inverse.Check(c.at, from, r); err != nil {
				return e.refuse(i, r, err)
			}
		}
		*to, *from = *from, *to
		return nil
	}
	buf := make([]byte, 0, 64) // nil is null
	for r := range e.read.Len {
		text, kind, err := e.shown(buf[:0], c, from, r)
		switch {
		case err != nil:
			return e.refuse(i, r, err)
		case text == nil:
			to.AppendNull()
		default:
			to.AppendBytes(e.write.Keep(text))
		}
		to.Kinds = append(to.Kinds, kind)
	}
	return nil
}

// texts says whether a column is one of texts in the file, though it may be
// read as another.
func (e *export) texts(c *exported) bool {
	switch {
	case e.Format == "xlsx", e.Format == "parquet" && unbounded(c.typ):
		return true
	case c.bound != nil:
		return e.inverse.Text(c.at)
	}
	return c.typ.Kind == row.Any && e.Format != "ndjson"
}

// unbounded says whether a type lacks the precision that Parquet's decimals must have.
func unbounded(t row.Type) bool { return t.Kind == row.Decimal && t.Precision == 0 }

// shown returns what the file has for value r, nil for null, and what it is: of a
// workbook, in which it is more than a text where nothing is lost by that.
func (e *export) shown(buf []byte, c *exported, v *row.Column, r int) ([]byte, row.Kind, error) {
	if e.Format == "xlsx" && !v.Null[r] {
		kind := format.CellKind(v, r)
		if kind != row.String && (c.bound == nil || e.inverse.Check(c.at, v, r) == nil) {
			text, err := format.AppendText(buf, v, r)
			return text, kind, err
		}
	}
	text, err := e.text(buf, c, v, r)
	return text, row.String, err
}

// text returns what the file has for value r, nil for null.
func (e *export) text(buf []byte, c *exported, v *row.Column, r int) ([]byte, error) {
	switch {
	case v.Null[r] && c.bound != nil:
		return e.inverse.Null(c.at)
	case v.Null[r]:
		return nil, nil
	case c.bound != nil && !(e.Format == "parquet" && unbounded(c.typ)):
		return e.inverse.Append(buf, c.at, v, r)
	case c.typ.Kind == row.Any && bytes.HasPrefix(v.Bytes[r], []byte{'"'}):
		return format.Unquote(v.Bytes[r], nil)
	}
	return format.AppendText(buf, v, r)
}

// refuse names the row of a value that the file cannot say.
func (e *export) refuse(i, r int, err error) error {
	var names []string
	for _, k := range e.key {
		if v := &e.write.Cols[k]; k <= i && r < len(v.Bytes) { // a key of text, which stands before
			names = append(names, fmt.Sprintf("%s %q", e.columns[k].name, v.Bytes[r]))
		}
	}
	if names != nil {
		err = fmt.Errorf("of the row with %s: %w", strings.Join(names, ", "), err)
	}
	return &row.Error{Row: e.read.Row[r], Column: e.columns[i].name, Err: err}
}

// A counter counts what is written.
type counter struct {
	io.Writer
	bytes *int64
}

func (c counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	*c.bytes += int64(n)
	return n, err
}

// A packed file is complete when its data and then their compression are.
type packed struct {
	rowWriter
	compression io.Closer
}

func (p packed) Close() error { return errors.Join(p.rowWriter.Close(), p.compression.Close()) }
