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
	return &cobra.Command{
		Use:   "check JOB",
		Short: "Say what is wrong with a job file, without reading anything else",
		Long: `Check reads a job file and reports everything that is wrong with it, each with
its line and column. Params need not be given.`,
		Example: `  sluice check job.yaml`,
		Args:    one("the job file"),
		RunE: func(_ *cobra.Command, args []string) error {
			job, err := sluice.Check(args[0])
			if err != nil {
				return unread(args[0], err)
			}
			if a.json {
				a.event(map[string]any{"type": "result", "status": 0, "job": job.Name, "columns": len(job.Cols)})
				return nil
			}
			fmt.Fprintf(a.out, "%s: job %s is well formed: %s\n", args[0], job.Name, number(int64(len(job.Cols)), "column"))
			return nil
		},
	}
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
