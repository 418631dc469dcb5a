package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/plan"
)

type revertFlags struct {
	yes, skip, takeover, plan bool
}

func (a *app) revertCmd() *cobra.Command {
	var f revertFlags
	cmd := &cobra.Command{
		Use:   "revert JOB RUN",
		Short: "Take a run back",
		Long: `Revert restores the outputs that a run replaced and removes those that it made;
of a table the same with its rows and their links, and it puts back the rows that
the run deleted. It is refused if one of them was changed since, unless
--skip-conflicts leaves those alone, and what they refer to. A revert is itself a
run, and can be reverted.

RUN is an ID that apply printed, or that runs lists; its beginning will do.`,
		Example: `  sluice revert job.yaml 20240417T0800 --param day=2024-04-17
  sluice revert job.yaml 20240417T0800 --plan`,
		Args: exactly("the job file", "the run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.revert(cmd, args[0], args[1], f) },
	}
	a.addJobFlags(cmd)
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask first")
	cmd.Flags().BoolVar(&f.plan, "plan", false, "show what would be done, and do nothing")
	cmd.Flags().BoolVar(&f.skip, "skip-conflicts", false, "leave outputs and rows alone that were changed since, and list them")
	cmd.Flags().BoolVar(&f.takeover, "takeover", false, "take over from a run that is dead but still holds the lock; of files")
	return cmd
}

func (a *app) revert(cmd *cobra.Command, file, id string, f revertFlags) error {
	a.unread = true
	job, err := a.open(cmd, file, a.notify)
	if err != nil {
		return err
	}
	defer job.Close()
	if f.plan {
		rev, err := job.PlanRevert(cmd.Context(), id)
		if err != nil {
			return err
		}
		if a.json {
			a.event(rev)
			return nil
		}
		showReversal(a, rev)
		return nil
	}
	progress := &sluice.Progress{}
	o := sluice.RevertOptions{SkipConflicts: f.skip, Takeover: f.takeover, Intake: a.stop.Intake, Progress: progress}
	if !f.yes && !a.json && terminal(a.stdin) && terminal(a.err) {
		o.Confirm = func(rev *sluice.Reversal) (bool, error) {
			showReversal(a, rev)
			return a.ask("Take it back?")
		}
	}
	var result *sluice.Result
	a.attend(a.stop.Work, job, progress, func(ctx context.Context) { result, err = job.Revert(ctx, id, o) })
	if result == nil {
		return a.declined(err)
	}
	return a.result(result, err, func() { a.reverted(result, file, id) })
}

func showReversal(a *app, rev *sluice.Reversal) {
	w := a.out
	for _, out := range rev.Restore {
		fmt.Fprintf(w, "  ~ %s (restored)\n", out)
	}
	for _, out := range rev.Remove {
		fmt.Fprintf(w, "  - %s (removed)\n", out)
	}
	for _, p := range rev.Conflicts {
		fmt.Fprintf(w, "  ! %s (%s)\n", p.File, p.Why)
	}
	if rev.Counts != nil {
		all := max(rev.Counts[plan.Unchanged], int64(len(rev.Conflicts)))
		if more := all - int64(len(rev.Conflicts)); more > 0 {
			fmt.Fprintf(w, "  ! and %d more\n", more)
		}
		fmt.Fprintf(w, "run %s: %s; %d in conflict\n", rev.Run, undone(rev.Counts, "to restore", "to remove", "to put back"), all)
		return
	}
	fmt.Fprintf(w, "run %s: %d to restore, %d to remove, %d in conflict\n", rev.Run, len(rev.Restore), len(rev.Remove), len(rev.Conflicts))
}

func (a *app) reverted(r *sluice.Result, file, id string) {
	switch {
	case r.Error != "" && r.Run == "": // which has been said
	case r.Run == "":
		fmt.Fprintln(a.out, "nothing to take back")
	case r.Counts.Written() > 0:
		c := r.Counts
		fmt.Fprintf(a.out, "run %s: %s in %.1fs\n", r.Run, undone(c, "restored", "removed", "put back"), r.Seconds)
	default:
		fmt.Fprintf(a.out, "run %s: %s restored, %d removed in %.1fs\n", r.Run, number(r.Written, "output"), r.Removed, r.Seconds)
	}
	for _, p := range r.Skipped {
		fmt.Fprintf(a.out, "left alone: %s: %s\n", p.File, p.Why)
	}
	if more := r.Counts[plan.Unchanged] - int64(len(r.Skipped)); more > 0 {
		fmt.Fprintf(a.out, "left alone: %d more\n", more)
	}
	if r.Run == "" {
		return
	}
	if r.Status == 1 || r.Status == 130 {
		fmt.Fprintf(a.out, "to go on: %s\n", a.again("revert", file, id))
	}
	fmt.Fprintf(a.out, "to take that back: %s\n", a.again("revert", file, r.Run))
}

// undone tells of rows: those that were replaced, made and deleted by the run
// that is taken back, as far as there are any.
func undone(c plan.Counts, replaced, made, deleted string) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{c[plan.Update], replaced}, {c[plan.Delete], made}, {c[plan.New], deleted}} {
		if p.n > 0 {
			parts = append(parts, number(p.n, "row")+" "+p.what)
		}
	}
	if parts == nil {
		return "nothing to take back"
	}
	return strings.Join(parts, ", ")
}
