package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// attend does the work of a run, shows how far it has come, and answers the
// first signal to stop.
func (a *app) attend(ctx context.Context, job *sluice.Job, p *sluice.Progress, work func(context.Context)) {
	defer a.follow(ctx, job, p)()
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	_ = flow.Together(ctx, func(ctx context.Context) error { // neither returns an error
		defer end()
		work(ctx)
		return nil
	}, func(context.Context) error {
		select {
		case <-a.stop.Intake.Done():
			a.stopping(job, p)
		case <-ended.Done():
		}
		return nil
	})
}

// stopping says what the first signal does, if files are begun.
func (a *app) stopping(job *sluice.Job, p *sluice.Progress) {
	if a.stop.Work.Err() != nil || p.Began.Load() == 0 {
		return
	}
	why := context.Cause(a.stop.Intake)
	what := "finishing the files that are begun"
	switch {
	case job.Spec().Table() && job.Spec().Transaction == "batch":
		what = "finishing the batch that is begun"
	case job.Spec().Table():
		what = "nothing is written, or all of it if that was begun"
	}
	a.notify(sluice.Event{Type: "notice", Text: fmt.Sprintf("%v: %s, for %v at most; a second signal stops at once", why, what, grace)})
}

// follow shows how far a run has come until the returned function is called: a
// live line on a terminal, a plain one every ten seconds elsewhere.
func (a *app) follow(ctx context.Context, job *sluice.Job, p *sluice.Progress) (done func()) {
	if a.json {
		return func() {}
	}
	if !terminal(a.err) {
		stop := flow.Every(ctx, 10*time.Second, func(context.Context) {
			if busy(p) {
				fmt.Fprintln(a.err, a.progressLine(job, p))
			}
		})
		return stop
	}
	a.live = &liveLine{}
	stop := flow.Every(ctx, 100*time.Millisecond, func(context.Context) {
		if busy(p) {
			a.live.show(a, a.progressLine(job, p))
		}
	})
	return func() {
		stop()
		a.live.show(a, "")
	}
}

// busy says whether there is something to tell of a run.
func busy(p *sluice.Progress) bool { return p.Began.Load() != 0 || p.Phase() == plan.Waiting }

// progressLine says how far a run has come.
func (a *app) progressLine(job *sluice.Job, p *sluice.Progress) string {
	phase := p.Phase()
	if phase == plan.Waiting {
		return phase
	}
	if phase == "comparing" || phase == "writing" || phase == "exporting" {
		return fmt.Sprintf("%d rows  %s  %s", p.Rows.Load(), phase, time.Since(time.Unix(0, p.Began.Load())).Round(time.Second))
	}
	return a.filesLine(job, p)
}

// filesLine is, for example,
// "120/300 files  8623 rows  77 MB  41 MB/s  62 in flight  3s left".
func (a *app) filesLine(job *sluice.Job, p *sluice.Progress) string {
	elapsed := time.Since(time.Unix(0, p.Began.Load())).Seconds()
	files, all := p.FilesDone.Load(), p.Files.Load()
	mb := float64(p.BytesDone.Load()) / 1e6
	line := fmt.Sprintf("%d/%d files  %d rows  %.0f MB  %.0f MB/s", files, all, p.Rows.Load(), mb, mb/max(elapsed, 0.001))
	inFlight, throttled := 0, int64(0)
	for _, s := range job.Stores().Stats() {
		inFlight += s.InFlight
		throttled += s.Throttled
	}
	line += fmt.Sprintf("  %d in flight", inFlight)
	if throttled > 0 {
		line += fmt.Sprintf("  %d throttled", throttled)
	}
	if n := p.Rejects.Load(); n > 0 {
		line += fmt.Sprintf("  %s rejected", number(n, "row"))
	}
	if n := p.Invalid.Load(); n > 0 {
		line += fmt.Sprintf("  %s invalid", number(n, "file"))
	}
	if files > 0 && files < all {
		left := time.Duration(elapsed / float64(files) * float64(all-files) * float64(time.Second))
		line += fmt.Sprintf("  %s left", left.Round(time.Second))
	}
	return line
}

// A liveLine is a line of the terminal that is written anew again and again.
type liveLine struct {
	mu    sync.Mutex
	shown bool
}

// show replaces the line; an empty text takes it away.
func (l *liveLine) show(a *app, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if l.shown = text != ""; l.shown {
		fmt.Fprint(a.err, text)
	}
}

// notify prints what a person should know of at once; with --json, everything.
func (a *app) notify(e sluice.Event) {
	if a.json {
		a.event(e)
		return
	}
	if a.live != nil {
		a.live.show(a, "")
	}
	switch {
	case e.Type == "run":
		fmt.Fprintln(a.err, e.Text)
	case e.Type == "notice" && e.File != "":
		fmt.Fprintf(a.err, "notice: %s: %s\n", e.File, e.Text)
	case e.Type == "notice":
		fmt.Fprintf(a.err, "notice: %s\n", e.Text)
	}
}
