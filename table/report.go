package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// fast ends reading with the first bad row, if that is asked for.
func (r *run) fast(l *load) error {
	if !r.failFast || l.rejects == 0 {
		return nil
	}
	return &plan.RejectError{Bad: l.rejects, First: position(l.bad()[0]), Rule: failRule}
}

const failRule = "errors.rows: fail"

// judge says whether the bad rows are more than the job lets pass.
func (r *run) judge() *plan.RejectError {
	bad, all, allow := r.counts[plan.Invalid], r.loaded.rows, r.Job.Errors.Allow
	var rule string
	switch {
	case bad == 0:
		return nil
	case r.Job.Errors.Rows == "fail":
		all, rule = 0, failRule
	case allow.Set && !allow.IsShare && bad > allow.Rows:
		rule = fmt.Sprintf("and errors.allow lets %d pass", allow.Rows)
	case allow.Set && allow.IsShare && float64(bad) > allow.Share*float64(all):
		rule = fmt.Sprintf("and errors.allow lets %g%% pass", allow.Share*100)
	case bad == all:
		rule = "which is every row"
	default:
		return nil
	}
	return &plan.RejectError{Bad: bad, Rows: all, First: position(r.loaded.bad()[0]), Rule: rule}
}

// position is a bad row as an error.
func position(b plan.Row) *row.Error {
	return &row.Error{File: b.File, Row: b.Row, Line: b.Line, Byte: b.Byte, Column: b.Column, Err: errors.New(b.Why)}
}

// mostShown is how many rows of a table's plan are kept to be shown.
const mostShown = 50

// describe makes the plan of what was compared.
func (r *run) describe(ctx context.Context) (*plan.Plan, error) {
	t := &plan.Table{Name: r.target.Name, Several: len(r.loaded.files) > 1, Files: []plan.File{}, Times: r.times, Notes: r.loaded.remarks}
	p := &plan.Plan{
		Sluice: plan.Version, Job: r.Job.Name, JobFile: r.Job.File, Hash: r.hash, Params: r.Params.Shown(),
		Created: time.Now().UTC().Truncate(time.Second), Counts: r.counts, Files: []plan.File{}, Table: t,
	}
	for _, f := range r.loaded.files {
		t.Files = append(t.Files, f.File.File)
	}
	if r.resumed {
		p.Counts = r.left()
		t.Notes = []string{fmt.Sprintf("goes on with run %s, which was cut off: %d of %s are written", r.record.ID, r.done, count(r.counts.Written(), "row"))}
		return p, r.show(ctx, t)
	}
	if lacks := r.target.lacks(); lacks != "" && r.counts[plan.New] > 0 {
		t.Notes = append(t.Notes, lacks)
	}
	if refused := r.judge(); refused != nil {
		t.Notes = append(t.Notes, "apply would load nothing: "+refused.Why())
	}
	t.Rows = r.loaded.bad()
	if len(t.Rows) >= mostShown {
		t.Rows = t.Rows[:mostShown]
		return p, nil
	}
	return p, r.show(ctx, t)
}

// show adds rows that change to those that are shown.
func (r *run) show(ctx context.Context, t *plan.Table) error {
	return r.comparison.rows(ctx, mostShown-len(t.Rows), false, func(one *plan.Row) error {
		t.Rows = append(t.Rows, *one)
		return nil
	})
}

// report gives the rows that are reported to each, if that is not nil. file asks
// for the rejects file, whose URL it returns, "" if there are no rejects.
func (r *run) report(ctx context.Context, each func(*plan.Row) error, report string, file bool) (url string, err error) {
	if report == "" {
		report = r.Job.Report
	}
	if report == "none" {
		each = nil
	}
	if file = file && r.Job.Errors.Rows != "fail"; r.counts[plan.Invalid] > 0 && (file || each != nil) {
		if url, err = r.rejects(ctx, each, file); err != nil {
			return "", err
		}
	}
	if each == nil {
		return url, nil
	}
	if n := r.counts[plan.Unchanged]; report == "all" && r.record.Plan != "" && n > 0 {
		r.tell(count(n, "unchanged row") + " not listed: a saved plan keeps those that change")
	}
	return url, r.comparison.rows(ctx, 0, report == "all", each)
}
