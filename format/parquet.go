package format

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-128c3863/sluice/row"
)

// ParquetOptions says how Parquet files are written. The zero value is a good
// default.
type ParquetOptions struct {
	// Compression is "snappy" (the default), "none", "zstd" or "gzip".
	Compression string

	// Timestamps is how both kinds of timestamp are stored: "us" (the
	// default), "ms", "ns", or "int96", the deprecated form that older Spark,
	// Hive and Impala expect, which does not tell the two kinds apart.
	Timestamps string

	// RowGroupRows is the most rows in a row group. A row group ends earlier
	// when it has taken 32 MiB of memory, so that a writer's memory stays
	// bounded whatever the rows are. Default: 1,048,576.
	RowGroupRows int

	// CreatedBy names the program in the file. Readers that know of faults in
	// some program's statistics parse it as "NAME version VERSION".
	// Default: "sluice version 0".
	CreatedBy string
}

const (
	defaultGroupRows = 1 << 20
	groupBytes       = 32 << 20 // of encoded pages, dictionaries and values not yet encoded
	pageBytes        = 1 << 20  // of values in a page, before any encoding
	dictionaryBytes  = 1 << 20  // a column with a larger dictionary goes on without one
	chunkRows        = 1024     // handed over at once
)

// A Parquet writes batches as a Parquet file. It is made once and used for
// many files, one after the other, by Reset.
//
// Every column is optional unless its field is required. The same batches
// give the same bytes.
type Parquet struct {
	out     *parquet.Writer //nolint:staticcheck // deprecated for typed rows; columns need it
	options []parquet.WriterOption
	names   []string
	leaves  []leaf
	values  []parquet.Value
	bytes   []byte // of INT96 values

	groupRows int   // most rows in a row group
	rows      int   // in the row group being written
	start     int64 // what out.Size said when that row group began
	err       error // the first error of the output; no file comes of it
}

// NewParquet returns a writer of a Parquet file to w. The file is complete
// once Close has returned nil.
func NewParquet(w io.Writer, s row.Schema, o ParquetOptions) (*Parquet, error) {
	codec, err := parquetCodec(o.Compression)
	if err != nil {
		return nil, err
	}
	unit, err := parquetUnit(o.Timestamps)
	if err != nil {
		return nil, err
	}
	root, leaves, err := parquetSchema(s, unit)
	if err != nil {
		return nil, err
	}
	p := &Parquet{leaves: leaves, groupRows: o.RowGroupRows}
	if p.groupRows <= 0 {
		p.groupRows = defaultGroupRows
	}
	for _, f := range s {
		p.names = append(p.names, f.Name)
	}
	if o.CreatedBy == "" {
		o.CreatedBy = "sluice version 0"
	}
	p.options = []parquet.WriterOption{
		parquet.NewSchema("schema", root),
		parquet.Compression(codec),
		parquet.DataPageVersion(1),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.ColumnIndexSizeLimit(indexLimit(s)),
		parquet.DataPageStatistics(false), // the page index says it
		&parquet.WriterConfig{CreatedBy: o.CreatedBy},
	}
	p.out = parquet.NewWriter(w, p.options...)
	return p, nil
}

// indexLimit returns how long the bounds of a column's pages may be: enough
// to tell texts apart. Those of bytes are not cut, as nothing shorter is above
// a bound that begins with many bytes of 255.
func indexLimit(s row.Schema) func(path []string) int {
	return func(path []string) int {
		for _, f := range s {
			if f.Name == path[0] && scalarKind(f.Type) == row.Bytes {
				return 0
			}
		}
		return 64
	}
}

// scalarKind returns the kind of what is in t once every list is taken off.
func scalarKind(t row.Type) row.Kind {
	for t.Kind == row.List {
		t = *t.Elem
	}
	return t.Kind
}

// Write adds the rows of b. A value that the file cannot hold exactly is a
// *row.Error, and then nothing of b has been written; any other error is of
// the output and final. Write keeps no part of b.
func (p *Parquet) Write(b *row.Batch) error {
	if p.err != nil {
		return p.err
	}
	for i := range p.leaves {
		if r, err := p.leaves[i].check(&b.Cols[i], b.Len); err != nil {
			return valueError(b, r, p.names[i], err)
		}
	}
	for from := 0; from < b.Len && p.err == nil; {
		to := min(b.Len, from+chunkRows, from+p.groupRows-p.rows)
		p.err = p.write(b, from, to)
		from = to
	}
	clear(p.values[:cap(p.values)]) // they point into b
	return p.err
}

// write adds rows from to to-1, and ends the row group if it is full.
func (p *Parquet) write(b *row.Batch, from, to int) error {
	columns := p.out.ColumnWriters()
	for i := range p.leaves {
		if err := p.writeColumn(columns[i], &p.leaves[i], &b.Cols[i], from, to); err != nil {
			return err
		}
	}
	p.rows += to - from
	if p.rows < p.groupRows && p.out.Size()-p.start < groupBytes {
		return nil
	}
	return p.endGroup()
}

// writeColumn adds rows of one column, and ends the page where it has grown
// large: the writer itself looks only at what the page takes up after a
// dictionary has replaced its values, and at the dictionary only between pages.
func (p *Parquet) writeColumn(out *parquet.ColumnWriter, l *leaf, c *row.Column, from, to int) error {
	for from < to {
		end, size := fit(c, from, to, pageBytes-l.size)
		p.values, p.bytes = p.values[:0], p.bytes[:0]
		l.append(p, c, from, end)
		from = end
		if _, err := out.WriteRowValues(p.values); err != nil {
			return err
		}
		if l.size += size; l.size >= pageBytes {
			l.size = 0
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// fit returns the first rows from from on, at least one and at most to to,
// that fill limit bytes, and their size.
func fit(c *row.Column, from, to, limit int) (end, size int) {
	if c.Bytes == nil && c.Elem == nil {
		return to, 8 * (to - from)
	}
	for end = from; end < to && (size < limit || end == from); end++ {
		size += sizeAt(c, end)
	}
	return end, size
}

// sizeAt returns the bytes of value r of c, about.
func sizeAt(c *row.Column, r int) int {
	size := 8
	if c.Bytes != nil {
		size += len(c.Bytes[r])
	}
	if c.Elem != nil {
		for i, end := elements(c, r); i < end; i++ {
			size += sizeAt(c.Elem, i)
		}
	}
	return size
}

func (p *Parquet) endGroup() error {
	if err := p.out.Flush(); err != nil {
		return err
	}
	p.beginGroup()
	return nil
}

func (p *Parquet) beginGroup() {
	p.rows, p.start = 0, p.out.Size()
	for i := range p.leaves {
		p.leaves[i].size = 0
	}
}

// Close completes the file. It does not close what the file is written to.
func (p *Parquet) Close() error {
	if p.err != nil {
		return p.err
	}
	if err := p.out.Close(); err != nil {
		p.err = err
		return err
	}
	p.err = errClosed
	return nil
}

var errClosed = errors.New("the file is complete: Reset begins another")

// Reset begins another file, written to w, and keeps schema, options and
// memory. What was not closed is dropped.
func (p *Parquet) Reset(w io.Writer) {
	if errors.Is(p.err, errClosed) {
		p.keepPaths()
		p.out.Reset(w)
	} else {
		p.out = parquet.NewWriter(w, p.options...)
	}
	p.err = nil
	p.beginGroup()
}

// keepPaths takes the columns' paths out of the metadata of the file that is
// complete. Reset of parquet-go v0.32.0 would clear them in place, and every
// later file would have columns without a name (its issue 602).
func (p *Parquet) keepPaths() {
	groups := p.out.File().Metadata().RowGroups
	for i := range groups {
		for j := range groups[i].Columns {
			groups[i].Columns[j].MetaData.PathInSchema = nil
		}
	}
}

// valueError says that value r of a column cannot be written.
func valueError(b *row.Batch, r int, column string, err error) error {
	e := &row.Error{Column: column, Err: err}
	if r < len(b.Row) {
		e.Row = b.Row[r]
	}
	if r < len(b.Line) {
		e.Line = b.Line[r]
	}
	return e
}
