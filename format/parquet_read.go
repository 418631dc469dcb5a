package format

import (
	"fmt"
	"io"
	"slices"

	"github.com/seed-128c3863/sluice/row"
)

// ParquetReadOptions says what to read from a Parquet file.
type ParquetReadOptions struct {
	// Paths lead from a record to the wanted values, one for each column of the
	// batches. The empty Path is the record as a whole.
	Paths []Path

	// AbsentNull gives nulls for wanted columns that the file does not have.
	// It is an error otherwise.
	AbsentNull bool

	// RefuseExtra makes columns that are not wanted an error.
	RefuseExtra bool

	// Record lets Batch.RecordAt give the wanted values of a row, in a form that
	// Cells reads.
	Record bool

	// MaxRecord is the most bytes that one value may have. Default: 64 MiB.
	MaxRecord int

	// MaxPages is the most bytes that may be held of the file: what was fetched,
	// pages, and dictionaries. Default: 64 MiB.
	MaxPages int
}

// A ParquetReader reads the wanted columns of a Parquet file, batch by batch,
// and asks for nothing else of it than these and the footer: all types,
// encodings and codecs there are, but for what is named below.
//
// A column that is a leaf of the schema, at the end of a path through structs,
// has one of the types of package row:
//
//	integers, with a sign or without   row.Int64; uint64: row.Decimal of 20 digits
//	float, double, half float          row.Float32, row.Float64, row.Float32
//	decimals                           row.Decimal, of more than 38 digits as text
//	date, time, timestamp, INT96       row.Date, Time, TimestampTZ; Timestamp if it is a
//	                                   local one, as INT96 always is
//	string, enum                       row.String, typed: no cells of a table of text
//	JSON, UUID, BSON and other bytes   row.JSON, row.UUID, row.Bytes
//
// Structs, lists and maps, in all forms in which they were ever written, and what
// a path leads to inside of them, are of kind row.Any: JSON, in which times are
// texts as in ISO 8601, bytes base64, and a number that is none is a text.
//
// A value that is none, such as a text that is not UTF-8 or a time with
// nanoseconds, is null with a row.Break that says so. Intervals and variants,
// columns that are encrypted or in another file, and LZO are refused by name.
//
// It holds no more than MaxPages says, whatever a file says of itself.
type ParquetReader struct {
	o    ParquetReadOptions
	file pqFile
	size int64

	room     pqRoom
	unpacker unpacker
	footer   *pqFooter
	root     *pqValue
	types    []row.Type // of the wanted columns
	columns  []*pqColumn
	at       []int // of the batch's columns, by columns
	records  []*pqRecord
	nowhere  []int // wanted columns that the file does not have

	step  func(*row.Batch) error
	begun *pqFetch // the row group after the one being read; nil: not begun
	group int      // being read, from 1
	last  int      // to be read
	left  int64    // rows of it that are in no block yet
	n, i  int      // rows of the block; the next of them
	rows  int64
	err   error
}

// NewParquetReader returns a reader of the file that the size bytes of in are. It
// reads from in when it is read. An in that has a method Ahead, as a store.Reader
// has, is asked at once for what is wanted of several columns, and for what comes
// next while rows are read.
func NewParquetReader(in io.ReaderAt, size int64, o ParquetReadOptions) *ParquetReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
	}
	if o.MaxPages <= 0 {
		o.MaxPages = 64 << 20
	}
	r := &ParquetReader{o: o, size: size, room: pqRoom{most: o.MaxPages}}
	r.file = newFile(in, &r.room)
	r.step = r.start
	return r
}

// Read replaces what b holds by the next rows: at most 1,024, and about 1 MiB of
// text. Its columns are of the types that the file has, one for each of Paths.
//
// An error is an *row.Error, and final; the rows before it are returned first.
// After the last row Read returns io.EOF and an empty batch.
//
// Values are valid until the next Read.
func (r *ParquetReader) Read(b *row.Batch) error {
	r.prepare(b)
	for r.err == nil && b.Len == 0 {
		r.err = r.guarded(b)
	}
	if b.Len > 0 {
		return nil
	}
	if r.err == io.EOF {
		r.unpacker.close()
	}
	return r.err
}

// guarded makes a step. A fault in the code of others that a file has found is
// the file's.
func (r *ParquetReader) guarded(b *row.Batch) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &row.Error{Err: r.inGroup(fmt.Errorf("it is damaged: %v", fault))}
		}
	}()
	if err = r.step(b); err != nil && err != io.EOF {
		b.Reset()
		return &row.Error{Err: r.inGroup(err)}
	}
	return err
}

// inGroup names the row group that an error is of.
func (r *ParquetReader) inGroup(err error) error {
	if r.group == 0 {
		return err
	}
	return fmt.Errorf("row group %d: %w", r.group, err)
}

// prepare empties b, and gives it columns of the types if it has others.
func (r *ParquetReader) prepare(b *row.Batch) {
	same := len(b.Cols) == len(r.types)
	for i := range r.types {
		same = same && b.Cols[i].Type == r.types[i]
	}
	if !same {
		b.Cols = make([]row.Column, len(r.types))
		for i, t := range r.types {
			b.Cols[i] = typedColumn(t)
		}
	}
	b.Reset()
	if b.Recorded = nil; r.o.Record {
		b.Recorded = recordOf
	}
}

// typedColumn returns a column whose texts are such.
func typedColumn(t row.Type) row.Column {
	c := row.NewColumn(t)
	c.Typed = t.Kind == row.String
	return c
}

// Names returns the names of the wanted columns, as a table of text has them.
func (r *ParquetReader) Names() []string {
	names := make([]string, len(r.o.Paths))
	for i, path := range r.o.Paths {
		names[i] = path.Header()
	}
	return names
}

// Absent returns those of Names that the file does not have.
func (r *ParquetReader) Absent() []string {
	var absent []string
	for _, i := range r.nowhere {
		absent = append(absent, r.o.Paths[i].Header())
	}
	return absent
}

// Extra returns the columns of the file that are not wanted.
func (r *ParquetReader) Extra() []string {
	var extra []string
	for _, part := range r.root.parts {
		reads := func(p Path) bool { return len(p) == 0 || p[0].Name == part.name }
		if !slices.ContainsFunc(r.o.Paths, reads) {
			extra = append(extra, part.name)
		}
	}
	return extra
}

// start reads the footer, and finds the wanted columns.
func (r *ParquetReader) start(b *row.Batch) (err error) {
	if r.footer == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	records := map[*pqValue]*pqRecord{}
	r.types = make([]row.Type, len(r.o.Paths))
	for i, path := range r.o.Paths {
		if err := r.want(i, path, records); err != nil {
			return err
		}
	}
	if err := r.agree(); err != nil {
		return err
	}
	r.step = r.nextGroup
	r.prepare(b)
	return nil
}

// open reads the footer.
func (r *ParquetReader) open() (err error) {
	if r.footer, err = readFooter(r.file.in, r.size, r.o.MaxPages/2); err != nil {
		return err
	}
	r.last = len(r.footer.groups)
	r.root, err = r.footer.tree()
	return err
}

// agree says which columns are wanted and not there, and which are there and not
// wanted, where that is not fine.
func (r *ParquetReader) agree() error {
	if absent := r.Absent(); len(absent) > 0 && !r.o.AbsentNull {
		var there []string
		for _, part := range r.root.parts {
			there = append(there, part.name)
		}
		return fmt.Errorf(`the file has no %s; it has %s (absent_columns: "null" gives nulls)`, shortNames(absent), shortNames(there))
	}
	if extra := r.Extra(); len(extra) > 0 && r.o.RefuseExtra {
		return fmt.Errorf("nothing reads %s (extra_columns: ignore leaves it out)", shortNames(extra))
	}
	return nil
}

// want finds what a path leads to.
func (r *ParquetReader) want(i int, path Path, records map[*pqValue]*pqRecord) error {
	v, above := r.root, []int(nil)
	taken := 0
	for _, step := range path {
		if v.shape != pqObject || step.IsIndex {
			break
		}
		above = append(above, v.there)
		if v = v.part(step.Name); v == nil {
			r.nowhere = append(r.nowhere, i)
			return nil
		}
		taken++
	}
	if err := v.refusal(path[:taken].Header()); err != nil {
		return err
	}
	if v.shape == pqScalar && v.rep == 0 && taken == len(path) {
		c := &pqColumn{leaf: newLeaf(v, &r.room, &r.unpacker), above: above, block: typedColumn(v.typ)}
		r.columns, r.at = append(r.columns, c), append(r.at, i)
		r.types[i] = v.typ
		return nil
	}
	rec := records[v]
	if rec == nil {
		rec = newRecord(v, &r.room, &r.unpacker, r.o.MaxRecord)
		records[v] = rec
		r.records = append(r.records, rec)
	}
	rec.wanted = append(rec.wanted, pqPart{column: i, above: above, taken: taken, rest: path[taken:]})
	return nil
}

// nextGroup begins the next row group.
func (r *ParquetReader) nextGroup(*row.Batch) error {
	if r.group == r.last {
		return io.EOF
	}
	r.group++
	g := &r.footer.groups[r.group-1]
	if r.left = g.rows; r.left == 0 {
		return nil
	}
	if err := r.fetch(); err != nil {
		return err
	}
	for _, rec := range r.records {
		if err := rec.begin(); err != nil {
			return r.inColumn(rec.value.name, err)
		}
	}
	r.step = r.block
	return nil
}

func (r *ParquetReader) inColumn(name string, err error) error {
	return fmt.Errorf("column %s: %w", shortName(name), err)
}

// Cells returns the texts of the values of a record that the reader gave.
func (r *ParquetReader) Cells(record []byte) ([]string, bool) { return unframed(record) }
