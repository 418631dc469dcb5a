package infer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A columnar is a Parquet file that is sampled.
type columnar struct {
	in      ranges
	size    int64
	columns []format.ParquetColumn
	lines   [][]byte // the first records, as JSON
}

// ranges reads parts of a file.
type ranges func(at, n int64) ([]byte, error)

func (r ranges) ReadAt(p []byte, at int64) (int, error) {
	body, err := r(at, int64(len(p)))
	n := copy(p, body)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// openParquet reads the schema and the first rows of a Parquet file.
func (d *draft) openParquet(ctx context.Context, f store.Info) (*sample, error) {
	s := &sample{url: d.place.url(f), file: f}
	in := ranges(func(at, n int64) ([]byte, error) {
		body, _, err := store.GetRange(ctx, d.place.store, f.Key, f.ETag, store.Range{Offset: at, Length: min(n, f.Size-at)})
		return body, err
	})
	s.columnar = &columnar{in: in, size: f.Size}
	if err := s.columnar.open(); err != nil {
		return nil, bookFault(s.url, err)
	}
	return s, nil
}

// open reads what is told of the columns, and the first records.
func (c *columnar) open() error {
	schema := c.reader(nil)
	if err := schema.Read(&row.Batch{}); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	c.columns = schema.Columns(mostDepth)
	var paths []format.Path
	for _, top := range schema.Columns(1) {
		if top.Why == "" {
			paths = append(paths, top.Path)
		}
	}
	rows := c.reader(paths)
	for b := (&row.Batch{}); len(c.lines) < mostRecords; {
		err := rows.Read(b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = c.add(b, paths)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *columnar) reader(paths []format.Path) *format.ParquetReader {
	return format.NewParquetReader(c.in, c.size, format.ParquetReadOptions{Paths: paths})
}

// add takes rows as records. A number that is none is null here.
func (c *columnar) add(b *row.Batch, paths []format.Path) error {
	schema := make(row.Schema, len(paths))
	for i := range b.Cols {
		schema[i] = row.Field{Name: paths[i][0].Name, Type: b.Cols[i].Type}
		for r, v := range b.Cols[i].Floats {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				b.Cols[i].Null[r] = true
			}
		}
	}
	if len(schema) == 0 {
		return nil
	}
	var out bytes.Buffer
	lines, err := format.NewNDJSON(&out, schema)
	if err == nil {
		err = errors.Join(lines.Write(b), lines.Close())
	}
	for line := range bytes.Lines(out.Bytes()) {
		c.lines = append(c.lines, bytes.TrimSuffix(line, []byte("\n")))
	}
	return err
}

// chooseTyped makes columns of what the first file says of its own.
func (d *draft) chooseTyped() {
	file := d.samples[0].columnar
	columns := file.columns
	if len(columns) > mostColumns {
		columns = slices.DeleteFunc(slices.Clone(columns), func(c format.ParquetColumn) bool { return len(c.Path) > 1 })
	}
	d.columns = nil
	for _, c := range columns {
		if c.Why != "" {
			d.notes = append(d.notes, "left out: "+c.Why)
			continue
		}
		col := &column{path: c.Path, maybe: c.Maybe, typ: c.Type.String(), plain: c.Type.Kind != row.List && c.Type.Kind != row.JSON}
		d.columns = append(d.columns, col)
	}
}

// explainParquet notes what a person may want otherwise.
func (d *draft) explainParquet() {
	if d.place.form != "parquet" {
		return
	}
	d.notes = append(d.notes, "the columns have the types that the file says")
	names := func(s *sample) (all []string) {
		for _, c := range s.columnar.columns {
			all = append(all, c.Path.String()+" "+c.Type.String())
		}
		return all
	}
	for _, s := range d.samples {
		if !slices.Equal(names(s), names(d.samples[0])) {
			d.notes = append(d.notes, fmt.Sprintf("%s has other columns than %s: absent_columns: \"null\" reads both", spec.Redact(s.url), spec.Redact(d.samples[0].url)))
		}
	}
}
