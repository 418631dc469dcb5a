package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/spec"
)

func (a *app) previewCmd() *cobra.Command {
	var rows int
	cmd := &cobra.Command{
		Use:   "preview JOB",
		Short: "Show the first rows that a job makes, with their types",
		Long: `Preview reads as few source files as it needs and shows the first rows that the
job makes of them as a table, the types below the names. Records that would be
rejected on the way are listed with the reason. Nothing is written.

Of a job that loads a table it shows the rows as they are held against it, with
the table's types, and look-ups as the files have them. What only the database
finds to be wrong with a row, plan says.

Long text is cut here only, not in the outputs. With --json each row is a line,
whole, with its file and number; then rejects, and the result.

The exit status is 3 if a record would be rejected or a file cannot be read.`,
		Example: `  sluice preview job.yaml --param day=2024-04-17
  sluice preview job.yaml --rows 3
  sluice preview job.yaml --json | jq .values`,
		Args: one("the job file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.preview(cmd, args[0], rows) },
	}
	a.addJobFlags(cmd)
	cmd.Flags().IntVarP(&rows, "rows", "n", 10, "show so many rows")
	return cmd
}

// mostShown is how many rejects and invalid files a person is shown of each.
const mostShown = 10

func (a *app) preview(cmd *cobra.Command, file string, rows int) error {
	if rows < 1 {
		return &usageError{fmt.Errorf("--rows %d: it is 1 or more", rows)}
	}
	job, err := a.open(cmd, file, a.notify)
	if err != nil {
		return err
	}
	defer job.Close()
	p, err := job.Preview(cmd.Context(), rows)
	if err != nil {
		return err
	}
	status := 0
	if len(p.Rejects)+len(p.Invalid) > 0 {
		status = 3
	}
	if a.json {
		a.previewJSON(p, status)
		return asStatus(status)
	}
	if err := a.previewTable(p); err != nil {
		return err
	}
	a.previewProblems(p)
	fmt.Fprintf(a.err, "%s from %s of %d", number(int64(len(p.Rows)), "row"), number(int64(p.Files), "file"), p.Sources)
	if len(p.Rejects) > 0 {
		fmt.Fprintf(a.err, ", %s rejected", number(int64(len(p.Rejects)), "record"))
	}
	fmt.Fprintln(a.err)
	return asStatus(status)
}

// previewTable prints the rows. On a terminal, columns that do not fit beside
// the others come below them.
func (a *app) previewTable(p *sluice.Preview) error {
	if len(p.Rows) == 0 {
		return nil
	}
	t := &grid{dim: terminal(a.out)}
	for _, c := range p.Columns {
		t.add(c.Name, c.Type)
	}
	for _, r := range p.Rows {
		if err := t.row(r.Values); err != nil {
			return err
		}
	}
	width := 0
	if t.dim {
		if w, _, err := term.GetSize(int(a.out.(*os.File).Fd())); err == nil {
			width = w
		}
	}
	return t.write(a.out, width)
}

// previewProblems prints what cannot be loaded.
func (a *app) previewProblems(p *sluice.Preview) {
	for i := range p.Rejects {
		if i == mostShown {
			fmt.Fprintf(a.err, "... and %d more\n", len(p.Rejects)-i)
			break
		}
		fmt.Fprintf(a.err, "rejected: %s\n", spec.Redact(p.Rejects[i].Error.Error()))
	}
	for i, bad := range p.Invalid {
		if i == mostShown {
			fmt.Fprintf(a.err, "... and %d more\n", len(p.Invalid)-i)
			break
		}
		fmt.Fprintf(a.err, "invalid: %s: %s\n", spec.Redact(bad.File), spec.Redact(bad.Why))
	}
}

// previewJSON prints a line for each row and each reject, then the result.
func (a *app) previewJSON(p *sluice.Preview, status int) {
	for _, r := range p.Rows {
		a.event(map[string]any{"type": "row", "file": r.File, "row": r.Row, "values": r.Values})
	}
	for _, r := range p.Rejects {
		a.event(map[string]any{"type": "reject", "file": r.File, "row": r.Row, "line": r.Line, "column": r.Column, "value": r.Value, "reason": r.Err.Error()})
	}
	result := map[string]any{"type": "result", "status": status, "columns": p.Columns, "rows": len(p.Rows), "rejects": len(p.Rejects), "files": p.Files, "sources": p.Sources}
	if len(p.Invalid) > 0 {
		result["invalid"] = p.Invalid
	}
	a.event(result)
}
