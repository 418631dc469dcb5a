package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// A rowWriter writes rows as a file of some format.
type rowWriter interface {
	Write(b *row.Batch) error
	Close() error
}

// A diffFormat makes the writer of a diff file.
type diffFormat func(io.Writer, row.Schema) (rowWriter, error)

// diffFormatOf tells the format by the ending of the file's name.
func diffFormatOf(name string) (diffFormat, error) {
	switch filepath.Ext(name) {
	case "":
		if name == "" {
			return nil, nil
		}
	case ".csv":
		return func(w io.Writer, s row.Schema) (rowWriter, error) { return format.NewCSV(w, s, format.CSVOptions{}) }, nil
	case ".parquet":
		return func(w io.Writer, s row.Schema) (rowWriter, error) {
			return format.NewParquet(w, s, format.ParquetOptions{})
		}, nil
	}
	return nil, &usageError{fmt.Errorf("--diff %s: its name ends with .csv or .parquet, which says what it is to be", name)}
}

// saveDiff writes a row for each file of the plan.
func saveDiff(name string, form diffFormat, p *plan.Plan) (err error) {
	schema := diffSchema(p)
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := form(f, schema)
	if err != nil {
		return err
	}
	b := row.NewBatch(schema)
	for i := range p.Files {
		addDiff(b, &p.Files[i])
		if b.Len == 1000 || i == len(p.Files)-1 {
			if err := w.Write(b); err != nil {
				return err
			}
			b.Reset()
		}
	}
	return w.Close()
}

// diffSchema has the fields of a file after what a plan says of it.
func diffSchema(p *plan.Plan) row.Schema {
	text := row.Type{Kind: row.String}
	s := row.Schema{
		{Name: "state", Type: text},
		{Name: "source", Type: text},
		{Name: "output", Type: text},
		{Name: "why", Type: text},
		{Name: "size", Type: row.Type{Kind: row.Int64}},
		{Name: "modified", Type: row.Type{Kind: row.TimestampTZ}},
	}
	for _, name := range p.FieldNames {
		s = append(s, row.Field{Name: "file." + name, Type: text})
	}
	return s
}

func addDiff(b *row.Batch, f *plan.File) {
	for i, text := range []string{string(f.State), f.Source, f.Output, f.Why} {
		if text == "" {
			b.Cols[i].AppendNull()
		} else {
			b.Cols[i].AppendBytes(b.Keep([]byte(text)))
		}
	}
	b.Cols[4].AppendInt(f.Size)
	if f.Modified.IsZero() {
		b.Cols[5].AppendNull()
	} else {
		b.Cols[5].AppendTime(f.Modified.UnixMicro(), 0)
	}
	for i := 6; i < len(b.Cols); i++ {
		if i-6 >= len(f.Fields) || f.Fields[i-6] == nil {
			b.Cols[i].AppendNull()
		} else {
			b.Cols[i].AppendBytes(b.Keep(fmt.Append(nil, f.Fields[i-6])))
		}
	}
	b.Len++
	b.Row = append(b.Row, int64(b.Len))
}
