package table

import (
	"context"

	"github.com/seed-128c3863/sluice/plan"
)

// batch writes a part of a plan that was kept.
func (s *sqliteImport) batch(ctx context.Context, run plan.Run, from, to int64) (err error) {
	var counts plan.Counts
	if s.part, counts, err = s.after(s.done, to-from); err != nil {
		return err
	}
	s.begun = from > 0
	err = s.writing(ctx, func() error {
		j, err := s.goOn(ctx, run)
		if err != nil {
			return err
		}
		if run.State != running {
			if err := s.forget(ctx); err != nil {
				return err
			}
		}
		err = s.write(ctx, j, counts)
		if err == nil && !s.begun && run.State == running {
			err = s.keepMade(ctx)
		}
		return err
	})
	if err == nil {
		s.done = s.part
	}
	return err
}

// goOn begins the journal of a run, or goes on with it, and brings its record up
// to date.
func (s *sqliteImport) goOn(ctx context.Context, run plan.Run) (j *journal, err error) {
	if !s.begun {
		return s.beginRun(ctx, run, s.job.Name, s.form())
	}
	if err := s.endRun(ctx, run); err != nil {
		return nil, err
	}
	j = &journal{sqlite: s.sqlite}
	if j.run, err = s.number(ctx, "SELECT n FROM main.sluice_run WHERE id = ?", run.ID); err != nil {
		return nil, err
	}
	j.seq, err = s.number(ctx, "SELECT coalesce(max(seq), 0) FROM main.sluice_journal WHERE run = ?", j.run)
	return j, err
}

// endRun brings the record of a run up to date.
func (d *sqlite) endRun(ctx context.Context, run plan.Run) error {
	record, err := recordOf(run)
	if err == nil {
		_, err = d.exec(ctx, "UPDATE main.sluice_run SET record = ? WHERE id = ?", record, run.ID)
	}
	return err
}

// end records how a run ended, and drops what was kept for it.
func (d *sqlite) end(ctx context.Context, run plan.Run) error {
	return d.transaction(ctx, beginWriting, func() error {
		if there, err := d.hasTable(ctx, "sluice_run"); err != nil || !there {
			return err
		}
		if err := d.endRun(ctx, run); err != nil {
			return err
		}
		if _, err := d.exec(ctx, "DELETE FROM main.sluice_plan WHERE id = ?", run.Plan); err != nil {
			return err
		}
		return d.expire(ctx)
	})
}
