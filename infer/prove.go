package infer

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// prove runs the job over the sample, and gives the columns at fault a type
// that holds more until there are none.
func (d *draft) prove() error {
	for {
		t, err := d.try()
		if err != nil {
			return fmt.Errorf("%s cannot be written as a job: %w", spec.Redact(d.given), err)
		}
		better := false
		for _, c := range d.columns {
			if f, ok := t.faults[c.name]; ok {
				better = d.mend(c, f) || better
			}
		}
		if better {
			continue
		}
		if t.rejects > 0 {
			d.notes = append(d.notes, fmt.Sprintf("%s of the sample will be rejected, the first: %s", count(t.rejects, "record"), spec.Redact(t.first.Error())))
		}
		return nil
	}
}

// mend changes the job for a column at fault, and says whether it could.
func (d *draft) mend(c *column, f fault) bool {
	if f.writing && d.timestamps == "" && strings.Contains(c.typ, "timestamp") {
		d.timestamps = "ns"
		d.notes = append(d.notes, fmt.Sprintf("timestamps are written in ns, as those of column %s have more than 6 digits after the point", c.name))
		return true
	}
	return c.widen(f.why)
}

// A fault is why a column cannot take a value of the sample.
type fault struct {
	why     string
	writing bool // it has the type, but the output cannot hold it
}

// A trial is a run of the drafted job over the sample.
type trial struct {
	program *mapping.Program
	mapper  *mapping.Mapper
	encoder *format.Parquet
	faults  map[string]fault // the first of each column
	rejects int              // records
	first   row.Error        // of the rejects
}

// try runs the job as it is by now.
func (d *draft) try() (*trial, error) {
	job, err := spec.Parse(d.name+".yaml", d.text())
	if err != nil {
		return nil, err
	}
	if _, err := job.Bind(map[string]string{"source": d.place.source}, nil); err != nil {
		return nil, err
	}
	t := &trial{faults: map[string]fault{}}
	if t.program, err = mapping.Compile(job); err != nil {
		return nil, err
	}
	t.mapper = t.program.NewMapper(mapping.Run{})
	t.encoder, err = format.NewParquet(io.Discard, t.program.Schema(), format.ParquetOptions{Timestamps: job.To.Parquet.Timestamps})
	if err != nil {
		return nil, err
	}
	for _, s := range d.samples {
		if err := t.run(s, d.layout); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// run maps and writes the records of a sample.
func (t *trial) run(s *sample, l layout) error {
	if err := t.mapper.Begin(mapping.File{URL: s.url, Key: s.file.Key, Name: path.Base(s.file.Key)}); err != nil {
		return err
	}
	in := t.rows(s, l)
	src, dst := &row.Batch{}, row.NewBatch(t.program.Schema())
	for n := 0; n < len(s.records); n += src.Len {
		if err := in.Read(src); err != nil {
			return nil // its end, or what was wrong with it before
		}
		src.Truncate(min(src.Len, len(s.records)-n))
		t.mapper.Map(src, dst)
		for i := range dst.Bad {
			if t.rejects++; t.rejects == 1 {
				t.first = dst.Bad[i].Error
				t.first.File = s.url
			}
			t.note(&dst.Bad[i].Error, false)
		}
		if err := t.encoder.Write(dst); err != nil {
			var bad *row.Error
			if !errors.As(err, &bad) {
				return err
			}
			t.note(bad, true)
		}
	}
	return nil
}

// note takes note of the first fault of a column.
func (t *trial) note(bad *row.Error, writing bool) {
	if _, ok := t.faults[bad.Column]; bad.Column == "" || ok {
		return
	}
	why, _, _ := strings.Cut(bad.Err.Error(), " (")
	t.faults[bad.Column] = fault{shorten(why, 80), writing}
}
