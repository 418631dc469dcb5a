package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/plan"
)

type applyFlags struct {
	yes, again, takeover, noRevert bool
}

func (a *app) applyCmd() *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply JOB|PLAN",
		Short: "Do what a plan says, and go on where a run was cut off",
		Long: `Apply does what plan shows: it makes an output of each source file that is new
or has changed, and records it in the ledger beside the outputs. What is done
is not done again; a run that was cut off is taken up where it was.

Of a job that loads a table it writes the rows that are new or differ, in one
transaction, or in several, if the job says transaction: batch. With --json each
row that changes is a line, as the job's report says, and the result the last.

With from.files: "-" a job that loads a table reads standard input, and a question
is answered on the terminal all the same.

Given a plan that was saved with plan --out, it applies just what was reviewed,
or nothing at all if a source file, the job, an output or a row of the table
that it relies on has changed since.

On a terminal it asks first. Ctrl-C once ends the run after the files that are
begun, or the batch, twice at once; either way each output is whole, the old or
the new.`,
		Example: `  sluice apply job.yaml --param day=2024-04-17
  sluice apply job.yaml --param day=2024-04-17 --yes --json
  sluice apply products.yaml --param input=products.csv --fail-fast
  zcat products.csv.gz | sluice apply products.yaml --param input=- --yes
  sluice apply plan.json
  sluice apply job.yaml --shard 2/8`,
		Args: one("the job file, or a saved plan,"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.apply(cmd, args[0], f) },
	}
	a.addJobFlags(cmd)
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask first")
	cmd.Flags().BoolVar(&f.again, "again", false, "do what is unchanged once more; of files")
	cmd.Flags().BoolVar(&a.failFast, "fail-fast", false, "end with the first bad row or file, as errors.rows: fail and errors.files: stop do")
	cmd.Flags().BoolVar(&f.noRevert, "no-revert", false, "write the rows of a table and nothing else: the run is not kept, and cannot be reverted")
	cmd.Flags().BoolVar(&f.takeover, "takeover", false, "take over from a run that is dead but still holds the lock; of files")
	return cmd
}

func (a *app) apply(cmd *cobra.Command, file string, f applyFlags) error {
	reviewed, err := readPlan(file)
	if err != nil {
		return err
	}
	if reviewed != nil {
		a.fromPlan(reviewed)
		file = reviewed.JobFile
	}
	job, err := a.open(cmd, file, a.notify)
	if err != nil {
		return err
	}
	defer job.Close()
	progress := &sluice.Progress{}
	o := sluice.ApplyOptions{Plan: reviewed, Again: f.again, Takeover: f.takeover, NoRevert: f.noRevert, Intake: a.stop.Intake, Progress: progress}
	if a.json {
		o.Row = a.row
	}
	if !f.yes && !a.json && terminal(a.err) && (terminal(a.stdin) || job.Spec().Table()) {
		o.Confirm = a.confirm
	}
	var result *sluice.Result
	a.attend(a.stop.Work, job, progress, func(ctx context.Context) { result, err = job.Apply(ctx, o) })
	if result == nil {
		return a.declined(err)
	}
	return a.result(result, err, func() { a.applied(cmd.Context(), job, result, file) })
}

// readPlan reads a saved plan, or returns nil for a job file.
func readPlan(file string) (*plan.Plan, error) {
	if !strings.HasSuffix(file, ".json") {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, &usageError{err}
	}
	defer f.Close()
	p, err := plan.Read(bufio.NewReader(f))
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", file, err)}
	}
	return p, nil
}

// fromPlan takes the params of a saved plan, unless they are given anew. What
// is secret in one was not saved, so that it has to be.
func (a *app) fromPlan(p *plan.Plan) {
	given := a.params
	a.params = nil
	for _, name := range slices.Sorted(maps.Keys(p.Params)) {
		if !strings.Contains(p.Params[name], "xxxxx") {
			a.params = append(a.params, name+"="+p.Params[name])
		}
	}
	a.params = append(a.params, given...)
	if a.shard == "" {
		a.shard = p.Shard
	}
}

// confirm shows the plan and asks.
func (a *app) confirm(p *plan.Plan) (bool, error) {
	if !a.answers() {
		return true, nil // as in a script
	}
	if err := p.Text(a.err, 20); err != nil {
		return false, err
	}
	if p.Table != nil {
		return a.ask(fmt.Sprintf("Write %s to %s?", number(p.Changes(), "row"), p.Table.Name))
	}
	return a.ask(fmt.Sprintf("Write %s?", number(p.Changes(), "output")))
}

// ask asks a question that is answered by y or n.
func (a *app) ask(question string) (bool, error) {
	fmt.Fprintf(a.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(a.err)
		return false, context.Cause(a.stop.Intake)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// declined makes a no at the prompt an end without an error.
func (a *app) declined(err error) error {
	if errors.Is(err, plan.ErrDeclined) {
		fmt.Fprintln(a.err, plan.ErrDeclined)
		return nil
	}
	return err
}

// result prints how a run ended.
func (a *app) result(r *sluice.Result, err error, text func()) error {
	if a.json {
		a.event(r)
		return asStatus(r.Status)
	}
	if err != nil {
		a.report(err)
	}
	a.problems("failed", r.Failed)
	if len(r.Refused) > 1 { // of which the error has named the first
		a.problems("refused", r.Refused[1:])
	}
	if err == nil || len(r.Invalid) > 1 {
		a.problems("invalid", r.Invalid)
	}
	text()
	return asStatus(r.Status)
}

// mostProblems is how many problems of a kind a person is shown.
const mostProblems = 50

// problems lists files by name, with what is wrong with each.
func (a *app) problems(what string, list []plan.Problem) {
	list = slices.SortedStableFunc(slices.Values(list), func(a, b plan.Problem) int { return strings.Compare(a.File, b.File) })
	for i, p := range list {
		if i == mostProblems {
			fmt.Fprintf(a.err, "sluice: %s: and %s more (--json lists all)\n", what, number(int64(len(list)-i), "file"))
			return
		}
		fmt.Fprintf(a.err, "sluice: %s: %s: %s\n", what, p.File, p.Why)
	}
}

func asStatus(status int) error {
	if status == 0 {
		return nil
	}
	return statusError(status)
}

// applied is the text of an apply's result.
func (a *app) applied(ctx context.Context, job *sluice.Job, r *sluice.Result, file string) {
	switch {
	case job.Spec().Table():
		a.loaded(r, file)
		return
	case r.Run == "":
		a.idle(ctx, job, r)
		return
	}
	fmt.Fprintf(a.out, "run %s: %s written (%s) in %.1fs\n", r.Run, number(r.Written, "output"), number(r.Rows, "row"), r.Seconds)
	if r.Counts.Total() > 0 {
		fmt.Fprintf(a.out, "%s\n", counts(r.Counts))
	}
	a.rejected(r)
	if r.Status == 1 || r.Status == 130 {
		fmt.Fprintf(a.out, "to go on: %s\n", a.again("apply", file, ""))
	}
	if r.Written+r.Removed > 0 {
		fmt.Fprintf(a.out, "to take it back: %s\n", a.again("revert", file, r.Run))
	}
}

// loaded is the text of the result of an apply to a table. Why nothing was
// loaded has been said.
func (a *app) loaded(r *sluice.Result, file string) {
	switch {
	case r.Run != "":
		how := ""
		switch {
		case r.Resumed:
			how = " (the rest of a run that was cut off)"
		case r.Rate > 0 && r.Error == "": // not of a saved plan
			how = fmt.Sprintf(" (%.0f rows/s read, compared and written)", r.Rate)
		}
		fmt.Fprintf(a.out, "run %s: %s written in %.1fs%s\n", r.Run, number(r.Rows, "row"), r.Seconds, how)
		if r.Error == "" {
			fmt.Fprintf(a.out, "%s\n", rowCounts(r.Counts))
		}
	case r.Error == "":
		fmt.Fprintf(a.out, "nothing to do: %s\n", rowCounts(r.Counts))
	}
	if r.Error == "" || r.Rejected != "" {
		a.rejected(r)
	}
	if r.Run != "" && r.Status == 130 {
		fmt.Fprintf(a.out, "to go on: %s\n", a.again("apply", file, ""))
	}
	switch {
	case r.NoRevert && r.Error == "":
		fmt.Fprintln(a.out, "it cannot be taken back: nothing was kept of it (--no-revert)")
	case r.Run != "":
		fmt.Fprintf(a.out, "to take it back: %s\n", a.again("revert", file, r.Run))
	}
}

// rejected says how many rows of the outputs were rejected, and where they are.
func (a *app) rejected(r *sluice.Result) {
	switch {
	case r.Rejects > 0 && r.Rejected != "":
		fmt.Fprintf(a.out, "%s rejected: see %s\n", number(r.Rejects, "row"), r.Rejected)
	case r.Rejects > 0:
		fmt.Fprintf(a.out, "%s rejected\n", number(r.Rejects, "row"))
	case r.Rejected != "":
		fmt.Fprintf(a.out, "bad rows of the files that were not written: see %s\n", r.Rejected)
	}
}

// idle is the text of an apply that found nothing to do.
func (a *app) idle(ctx context.Context, job *sluice.Job, r *sluice.Result) {
	if r.Counts.Total() == 0 {
		fmt.Fprintln(a.out, "nothing to do: there are no source files")
		return
	}
	what := "nothing to do"
	if len(r.Invalid) > 0 {
		what = "no output written"
	}
	fmt.Fprintf(a.out, "%s: %s\n", what, counts(r.Counts))
	if r.Rejects > 0 {
		fmt.Fprintf(a.out, "%s rejected in outputs that are current%s\n", number(r.Rejects, "row"), earlier(ctx, job))
	}
}

// earlier names the rejects files of earlier runs, newest first: which of them
// hold the rows of outputs that are current is not told apart.
func earlier(ctx context.Context, job *sluice.Job) string {
	runs, err := job.Runs(ctx)
	if err != nil {
		return ""
	}
	var files []string
	for _, r := range slices.Backward(runs) {
		if r.Rejected != "" {
			files = append(files, r.Rejected)
		}
	}
	switch len(files) {
	case 0:
		return ""
	case 1:
		return ": see " + files[0]
	}
	return fmt.Sprintf(": see %s, and those of earlier runs (runs --json lists them)", files[0])
}

func counts(c plan.Counts) string { return (&plan.Plan{Counts: c}).Summary() }

func rowCounts(c plan.Counts) string {
	return (&plan.Plan{Counts: c, Table: &plan.Table{}}).Summary()
}

// number is a count with its word, such as "1 row" and "2 rows".
func number(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
