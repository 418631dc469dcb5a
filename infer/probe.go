package infer

import (
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A prober reads single columns of the sample as a job would, to find out how
// they have to be read.
type prober struct {
	job     *spec.Job // of which each reading has a column of its own
	batches []*row.Batch
	files   []mapping.File // of batches
	at      map[string]int // column of batches, by its path
	ofTable bool           // the files are tables
}

// A reading is what became of a column.
type reading struct {
	rows    int
	cells   []*string // of texts: one for each row, nil for null
	items   []string  // of lists: all their values
	nulls   int
	rejects int
	first   string         // of the rejects, in words
	bad     map[string]int // rejects by the value at fault
}

// newProber reads the records of the sample.
func (d *draft) newProber() (*prober, error) {
	job, err := spec.Parse(d.name+".yaml", d.text())
	if err != nil {
		return nil, err
	}
	t := &trial{}
	if t.program, err = mapping.Compile(job); err != nil {
		return nil, err
	}
	p := &prober{job: job, at: map[string]int{}, ofTable: d.place.isTable()}
	for i, path := range t.program.Paths() {
		p.at[path.String()] = i
	}
	for _, s := range d.samples {
		in := t.rows(s, d.layout)
		for n := 0; n < len(s.records); {
			b := &row.Batch{}
			if err := in.Read(b); err != nil {
				break // its end, or what was wrong with it before
			}
			b.Truncate(min(b.Len, len(s.records)-n))
			b.Own()
			n += b.Len
			p.batches = append(p.batches, b)
			p.files = append(p.files, mapping.File{URL: s.url, Key: s.file.Key, Name: path.Base(s.file.Key)})
		}
	}
	return p, nil
}

// read reads a column of the files as a column of a job that is like col.
func (p *prober) read(c *column, col spec.Column) (*reading, error) {
	col.Name = c.name
	switch key, text := c.source(); {
	case p.ofTable:
		col.From = spec.Text{S: c.path[0].Name}
	case key == "value":
		col.Value = spec.Text{S: text}
	default:
		col.From = spec.Text{S: text}
	}
	job := *p.job
	job.Cols = []spec.Column{col}
	program, err := mapping.Compile(&job)
	if err != nil {
		return nil, err
	}
	at, ok := p.at[program.Paths()[0].String()]
	if !ok {
		return nil, fmt.Errorf("column %s is not in the sample", c.name)
	}
	r := &reading{bad: map[string]int{}}
	mapper := program.NewMapper(mapping.Run{})
	dst := row.NewBatch(program.Schema())
	for i, b := range p.batches {
		if err := mapper.Begin(p.files[i]); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		src := *b
		src.Cols = b.Cols[at : at+1]
		mapper.Map(&src, dst)
		r.take(&src, dst)
	}
	return r, nil
}

// take adds what became of a batch.
func (r *reading) take(src, dst *row.Batch) {
	r.rows += src.Len
	for i := range dst.Bad {
		if r.rejects++; r.rejects == 1 {
			r.first = dst.Bad[i].Err.Error()
		}
		r.bad[dst.Bad[i].Value]++
	}
	c, i := &dst.Cols[0], 0
	for _, number := range src.Row {
		var cell *string
		if i < dst.Len && dst.Row[i] == number {
			if c.Null[i] {
				r.nulls++
			} else if text, err := format.AppendText(nil, c, i); err == nil {
				whole := string(text)
				cell = &whole
			}
			i++
		}
		r.cells = append(r.cells, cell)
	}
	if c.Type.Kind == row.List {
		for e, null := range c.Elem.Null {
			if !null && e < len(c.Elem.Bytes) {
				r.items = append(r.items, string(c.Elem.Bytes[e]))
			}
		}
	}
}

// texts reads the values of a column as texts; nil if they are none. Lists are
// read as those of texts.
func (p *prober) texts(c *column) *reading {
	types := []row.Type{{Kind: row.String}}
	if own, err := row.ParseType(c.typ); err == nil && own.Kind == row.List {
		types = []row.Type{{Kind: row.List, Elem: &row.Type{Kind: row.String}}}
	} else if err == nil && own.Kind != row.JSON {
		types = append(types, own) // what the file knows to be a time is no text
	}
	for _, t := range types {
		if r, err := p.read(c, spec.Column{Type: &t}); err == nil && r.rejects == 0 {
			return r
		}
	}
	return nil
}

// mostDistinct is how many values of a column are looked for in a database.
const mostDistinct = 1000

// distinct returns the values that are not null and not empty, each once, the
// first of them.
func (r *reading) distinct() []string {
	seen := map[string]bool{"": true}
	var values []string
	add := func(text string) {
		if !seen[text] && len(values) < mostDistinct {
			seen[text] = true
			values = append(values, text)
		}
	}
	for _, cell := range r.cells {
		if cell != nil {
			add(*cell)
		}
	}
	for _, item := range r.items {
		add(item)
	}
	return values
}
