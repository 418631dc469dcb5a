// Command sluice loads files into tables: it shows what will change, does
// exactly that, and takes it back.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // time zones of jobs, on machines that have none

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice/flow"
)

// version and commit are set when a release is built.
var version, commit string

// grace is how long a run that was asked to stop may take to finish the files
// it has begun.
const grace = 30 * time.Second

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stop, done := flow.NewStop(context.Background(), signals, grace)
	status := run(stop, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	done()
	os.Exit(status)
}

// run is main without the process: tests call it with their own streams.
func run(stop *flow.Stop, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stop: stop, stdin: stdin, out: stdout, err: stderr}
	root := a.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exit(root.ExecuteContext(stop.Intake)) // what writes goes on until stop.Work ends
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "sluice",
		Short: "Load files into tables: plan what changes, apply exactly that, revert it",
		Long: `Sluice loads files into tables: fast, bounded, reviewable.

A job file says which files are read, which typed columns are made of their
records, and where they go. plan shows what a load would change, apply does
exactly that and goes on where it was cut off, revert takes it back.`,
		Example: `  sluice demo
  sluice init s3://raw/flights/ --out job.yaml
  sluice plan  job.yaml --param day=2024-04-17
  sluice apply job.yaml --param day=2024-04-17
  sluice revert job.yaml RUN --param day=2024-04-17`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object a line: events, then the result")
	root.AddCommand(a.initCmd(), a.checkCmd(), a.previewCmd(), a.planCmd(), a.applyCmd(), a.revertCmd(), a.runsCmd(), a.profileCmd(), a.setupCmd(), a.exportCmd(), a.schemaCmd(), a.versionCmd(), a.demoCmd())
	a.complete(root)
	return root
}
