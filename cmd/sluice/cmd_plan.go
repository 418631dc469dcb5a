package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/plan"
)

type planFlags struct {
	out, diff       string
	exitCode, again bool
}

func (a *app) planCmd() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan JOB",
		Short: "Show what apply would change",
		Long: `Plan shows what apply would do. Of files it compares the sources with the
ledger: which outputs are new (+), which change (~) and why. For a table it
reads the sources and compares their rows with the table's: which are new (+),
which are updated (~), with old and new values, and which are invalid (!). It
leaves nothing behind, unless --out saves the plan for apply, or --diff the list
of files or, for a table, of every value that changes. The rows of a table's
plan that is saved are kept in its database, for 7 days.`,
		Example: `  sluice plan job.yaml --param day=2024-04-17
  sluice plan job.yaml --out plan.json && sluice apply plan.json
  sluice plan job.yaml --diff changes.csv
  sluice plan job.yaml --exit-code || echo "there is work"`,
		Args: one("the job file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.plan(cmd, args[0], f) },
	}
	a.addJobFlags(cmd)
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "save the plan to `FILE`, to be applied as it is")
	cmd.Flags().StringVar(&f.diff, "diff", "", "list all that is not unchanged in `FILE`, as CSV or Parquet by its name")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "exit with 4 if there are changes")
	cmd.Flags().BoolVar(&f.again, "again", false, "plan to do what is unchanged once more; of files")
	return cmd
}

func (a *app) plan(cmd *cobra.Command, file string, f planFlags) error {
	form, err := diffFormatOf(f.diff)
	if err != nil {
		return err
	}
	job, err := a.open(cmd, file, a.notify)
	if err != nil {
		return err
	}
	defer job.Close()
	p, err := a.saved(f.out, func() (*sluice.Plan, error) { return a.planned(cmd.Context(), job, f, form) })
	if err != nil {
		return err
	}
	if f.diff != "" && !job.Spec().Table() {
		if err := saveDiff(f.diff, form, p); err != nil {
			return err
		}
	}
	status := planStatus(p, f.exitCode)
	if a.json {
		a.planJSON(p, status)
		return asStatus(status)
	}
	if err := p.Text(a.out, 20); err != nil {
		return err
	}
	if p.Rejects > 0 {
		fmt.Fprintf(a.out, "%s rejected in outputs that are current\n", number(p.Rejects, "row"))
	}
	if f.out != "" {
		until := ""
		if p.Table != nil {
			until = " until " + p.Table.Saved.Until.Format("2006-01-02 15:04 MST")
		}
		fmt.Fprintf(a.err, "saved%s; to apply just this: sluice apply %s\n", until, quote(f.out))
	}
	return asStatus(status)
}

// planned makes the plan; that of a table tells of its rows meanwhile.
func (a *app) planned(ctx context.Context, job *sluice.Job, f planFlags, form diffFormat) (*sluice.Plan, error) {
	o := sluice.PlanOptions{Again: f.again, Keep: f.out != "", Progress: &sluice.Progress{}}
	defer a.follow(ctx, job, o.Progress)()
	if a.json {
		o.Row = a.row
	}
	if f.diff == "" || !job.Spec().Table() {
		return job.Plan(ctx, o)
	}
	diff, err := newRowDiff(f.diff, form, job.Spec())
	if err != nil {
		return nil, err
	}
	report := job.Spec().Report
	if report == "none" {
		o.Report = "changes"
	}
	o.Row = func(r *plan.Row) error {
		if a.json && report != "none" {
			if err := a.row(r); err != nil {
				return err
			}
		}
		return diff.add(r)
	}
	p, err := job.Plan(ctx, o)
	return p, errors.Join(err, diff.close())
}

// saved makes a plan and writes it to the file of the name, if that is not "".
// Whether the file can be written is seen before the plan is made: what is kept
// of one in a database would be of no use without.
func (a *app) saved(name string, planned func() (*sluice.Plan, error)) (*sluice.Plan, error) {
	if name == "" {
		return planned()
	}
	was, err := os.Stat(name)
	fresh := os.IsNotExist(err)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	p, err := planned()
	if err != nil {
		err = errors.Join(err, f.Close())
		if fresh {
			err = errors.Join(err, os.Remove(name))
		}
		return nil, err
	}
	if !fresh && was.Mode().IsRegular() {
		err = f.Truncate(0)
	}
	return p, errors.Join(err, p.Write(f), f.Close())
}

// planStatus is 3 if files or rows are rejected as things stand, 4 if there
// are changes and that was asked for.
func planStatus(p *plan.Plan, exitCode bool) int {
	switch {
	case p.Counts[plan.Invalid] > 0 || p.Rejects > 0:
		return 3
	case exitCode && p.Changes() > 0:
		return 4
	}
	return 0
}

// row prints a row's change as JSON.
func (a *app) row(r *plan.Row) error {
	a.event(struct {
		Type string `json:"type"`
		*plan.Row
	}{"row", r})
	return nil
}

// planJSON prints a line for each file, then the result.
func (a *app) planJSON(p *plan.Plan, status int) {
	for i := range p.Files {
		a.event(struct {
			Type string `json:"type"`
			*plan.File
		}{"file", &p.Files[i]})
	}
	result := map[string]any{"type": "result", "status": status, "job": p.Job, "hash": p.Hash, "counts": p.Counts, "rejects": p.Rejects}
	if t := p.Table; t != nil {
		result["rejects"], result["table"], result["times"] = p.Counts[plan.Invalid], t.Name, t.Times
		if len(t.Notes) > 0 {
			result["notes"] = t.Notes
		}
	}
	a.event(result)
}
