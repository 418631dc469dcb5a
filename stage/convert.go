package stage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
)

// An encoder writes rows as one output file.
type encoder interface {
	Write(b *row.Batch) error
	Close() error
	Reset(w io.Writer)
}

// A converter turns source files into output files: decode, map, encode. What
// it needs for that is kept in kits, one for each core at work.
type converter struct {
	*Stage
	moment  mapping.Run // what expressions may ask of the run
	cpus    int
	workers *flow.Workers
	budget  *flow.Budget // for what files are charged before they are fetched
	room    *flow.Budget // for what shows only on a core: see claim
	kits    sync.Pool
	buffers buffers
	rejects *source.Rejects
	noted   sync.Map // notices that were given
}

// A kit is what one core needs to convert a file, used again for the next.
type kit struct {
	mapper  *mapping.Mapper
	encoder encoder
	src     *row.Batch
	piece   piece
}

// A converted is what became of a file's rows.
type converted struct {
	rows    int64
	rejects int64
	bytes   int64  // of the output
	first   string // bad row: where and why
}

// newConverter returns one that may hold source files, but not yet convert them.
func newConverter(s *Stage) converter {
	// The rest of the process' memory goes to connections, the run's own lists
	// and what the collector has not yet taken back.
	return converter{Stage: s, budget: flow.NewBudget(s.job.Limits.Memory / 2), room: flow.NewBudget(s.job.Limits.Memory / 4)}
}

func (c *converter) init(ctx context.Context, r *run) {
	c.rejects = source.NewRejects(context.WithoutCancel(ctx), r.job, r.params, r.stores, r.program, r.id)
	c.moment = mapping.Run{ID: r.id, Time: r.began, Params: r.params.Values()}
	c.cpus = r.job.Limits.CPUs
	if c.cpus == 0 {
		c.cpus = runtime.GOMAXPROCS(0)
	}
	c.workers = flow.NewWorkers(c.cpus)
}

func (c *converter) kit() (*kit, error) {
	if k, ok := c.kits.Get().(*kit); ok {
		return k, nil
	}
	k := &kit{mapper: c.program.NewMapper(c.moment), src: &row.Batch{}, piece: piece{rows: row.NewBatch(c.program.Schema())}}
	var err error
	k.encoder, err = c.newEncoder()
	return k, err
}

func (c *converter) newEncoder() (encoder, error) {
	to := c.job.To
	switch to.Format {
	case "csv":
		return format.NewCSV(io.Discard, c.program.Schema(), format.CSVOptions{Delimiter: to.CSV.Delimiter, NoHeader: !to.CSV.Header, Null: to.CSV.Null})
	case "ndjson":
		return format.NewNDJSON(io.Discard, c.program.Schema())
	}
	return format.NewParquet(io.Discard, c.program.Schema(), format.ParquetOptions{
		Compression: to.Parquet.Compression, Timestamps: to.Parquet.Timestamps, RowGroupRows: to.Parquet.RowGroupRows, CreatedBy: "sluice " + c.Version,
	})
}

// rows reads, maps and writes every row of a file. Rejects are handed on as
// they come; whether they count is known only when the file is done.
func (l *loading) rows(ctx context.Context, in source.Reader, out io.Writer) (done converted, err error) {
	k, err := l.kit()
	if err != nil {
		return done, err
	}
	l.t.bad = nil
	k.encoder.Reset(out)
	err = l.pieces(ctx, in, k, func(p *piece) error {
		if p.first {
			l.note(l.t, p.extra)
		}
		if err := l.judge(l.t, p, &done); err != nil || p.rows.Len == 0 {
			return err
		}
		done.rows += int64(p.rows.Len)
		return k.encoder.Write(p.rows)
	})
	if err != nil {
		return done, err
	}
	if err := l.final(&done); err != nil {
		return done, err
	}
	if done.rows > 0 {
		if err := k.encoder.Close(); err != nil {
			return done, err
		}
	}
	l.kits.Put(k)
	return done, nil
}

// judge keeps a piece's bad rows, unless they make the file invalid.
func (c *converter) judge(t *task, p *piece, done *converted) error {
	bad := p.rows.Bad
	if len(bad) == 0 {
		return nil
	}
	if done.rejects == 0 {
		done.first = bad[0].Error.Error()
	}
	done.rejects += int64(len(bad))
	if t.bad == nil {
		t.bad = &bytes.Buffer{}
	}
	if _, err := p.bad.WriteTo(t.bad); err != nil {
		return err
	}
	if t.bad.Len() > mostBad {
		if err := c.rejects.Add(t.bad); err != nil {
			return err
		}
	}
	last := bad[len(bad)-1].Error
	switch allow := c.job.Errors.Allow; {
	case c.job.Errors.Rows == "fail":
		last = bad[0].Error
		last.Err = fmt.Errorf("%w (errors.rows: fail)", last.Err)
		return &last
	case allow.Set && !allow.IsShare && done.rejects > allow.Rows:
		last.Err = fmt.Errorf("%w: this is bad row %d, and errors.allow lets %d pass", last.Err, done.rejects, allow.Rows)
		return &last
	}
	return nil
}

// mostBad is how many bytes of bad rows are held for each file.
const mostBad = 4 << 20

// final checks what only the file as a whole can tell.
func (c *converter) final(done *converted) error {
	all := done.rows + done.rejects
	switch allow := c.job.Errors.Allow; {
	case allow.Set && allow.IsShare && float64(done.rejects) > allow.Share*float64(all):
		return fmt.Errorf("%d of %d rows are bad, more than the %g%% that errors.allow lets pass", done.rejects, all, allow.Share*100)
	case done.rows == 0 && done.rejects > 0:
		return fmt.Errorf("every row is bad (%d of %d), the first for this: %s", done.rejects, all, done.first)
	case all == 0 && c.job.From.Empty == "fail":
		return source.ErrEmpty
	}
	return nil
}

// note tells of columns that nothing reads, in words, once for all files that have
// the same.
func (c *converter) note(t *task, text string) {
	if _, told := c.noted.LoadOrStore(text, true); text != "" && !told {
		c.notify(plan.Event{Type: "notice", File: t.Source, Text: text})
	}
}
