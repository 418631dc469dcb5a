package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/spec"
)

func (a *app) checkCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check JOB",
		Short: "Say what is wrong with a job file, or does not fit the table",
		Long: `Check reads a job file and reports everything that is wrong with it, each with
its line and column. Params need not be given, and nothing else is read.

Given the param of its database, a job that loads a table is held against that
table: what does not fit is an error, what may stand in the way of a load a
notice, such as columns that must be filled and are not.`,
		Example: `  sluice check job.yaml
  sluice check products.yaml --param database=postgres://shop@localhost/shop`,
		Args: one("the job file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd, args[0]) },
	}
	a.addParamFlag(cmd)
	return cmd
}

func (a *app) check(cmd *cobra.Command, file string) error {
	job, err := sluice.Check(file)
	if err != nil {
		return unread(file, err)
	}
	var notes []string
	asked := false
	if job.Table() {
		params, err := a.given()
		if err != nil {
			return err
		}
		if notes, asked, err = sluice.CheckTable(cmd.Context(), job, sluice.Options{Params: params}); err != nil {
			return err
		}
	}
	for _, note := range notes {
		a.notify(sluice.Event{Type: "notice", Text: note})
	}
	what := "is well formed"
	if asked {
		what += " and fits table " + job.To.Table.S
	}
	if a.json {
		result := map[string]any{"type": "result", "status": 0, "job": job.Name, "columns": len(job.Cols)}
		if asked {
			result["fits"] = job.To.Table.S
		}
		a.event(result)
		return nil
	}
	fmt.Fprintf(a.out, "%s: job %s %s: %s\n", file, job.Name, what, number(int64(len(job.Cols)), "column"))
	return nil
}

func (a *app) runsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs JOB [RUN]",
		Short: "List what was applied and reverted",
		Long:  `Runs lists the runs of a job that its ledger knows, or shows one of them whole.`,
		Example: `  sluice runs job.yaml --param day=2024-04-17
  sluice runs job.yaml 20240417T0800`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly("the job file")(cmd, args)
		},
		RunE: a.runs,
	}
	a.addJobFlags(cmd)
	return cmd
}

func (a *app) runs(cmd *cobra.Command, args []string) error {
	a.unread = true
	job, err := a.open(cmd, args[0], nil)
	if err != nil {
		return err
	}
	defer job.Close()
	runs, err := job.Runs(cmd.Context())
	if err != nil {
		return err
	}
	if len(args) == 2 {
		for _, r := range runs {
			if strings.HasPrefix(r.ID, args[1]) {
				a.event(r)
				return nil
			}
		}
		return fmt.Errorf("no run %q of this job is known (`%s` lists them)", args[1], a.again("runs", args[0], ""))
	}
	if a.json {
		for _, r := range runs {
			a.event(r)
		}
		return nil
	}
	if len(runs) == 0 {
		fmt.Fprintln(a.err, "no runs yet")
		return nil
	}
	return a.runsTable(job, runs)
}

func (a *app) runsTable(job *sluice.Job, runs []sluice.Run) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	made := "FILES"
	if job.Spec().Table() {
		made = "CHANGES"
	}
	fmt.Fprintf(w, "RUN\tWHAT\tSTATE\tSECONDS\t%s\tROWS\tREJECTS\n", made)
	for _, r := range runs {
		what := r.Verb
		if r.Of != "" {
			what += " of " + r.Of
		}
		seconds := ""
		if !r.Ended.IsZero() {
			seconds = fmt.Sprintf("%.1f", r.Ended.Sub(r.Started).Round(100*time.Millisecond).Seconds())
		}
		files := "-" // of a run that was cut off they were not counted
		switch {
		case job.Spec().Table():
			files = rowCounts(r.Counts)
		case r.Verb == "revert" && !r.Ended.IsZero():
			files = fmt.Sprintf("%d restored, %d removed", r.Written, r.Removed)
		case r.Counts.Total() > 0:
			files = counts(r.Counts)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d", r.ID, what, r.State, seconds, files, r.Rows, r.Rejects)
		if r.Error != "" {
			fmt.Fprintf(w, "\t%s", r.Error)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func (a *app) schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of job files, for editors",
		Long: `Schema prints the JSON Schema of job files. An editor with a YAML language
server takes it from a first line such as
  # yaml-language-server: $schema=sluice.schema.json`,
		Example: `  sluice schema > sluice.schema.json`,
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(spec.Schema())
			return err
		},
	}
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    `Version prints the version and commit that sluice was built from.`,
		Example: `  sluice version`,
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				a.event(map[string]any{"version": versionText(), "commit": commitText(), "go": runtime.Version()})
				return nil
			}
			fmt.Fprintf(a.out, "sluice %s (commit %s, %s)\n", versionText(), commitText(), runtime.Version())
			return nil
		},
	}
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func commitText() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
