package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
)

type setupFlags struct {
	sql  bool
	role string
}

func (a *app) setupCmd() *cobra.Command {
	var f setupFlags
	cmd := &cobra.Command{
		Use:   "setup JOB",
		Short: "Make what sluice keeps in the database of a table, or print how",
		Long: `Setup makes what a job that loads a table needs in its database and is not
there: the schema and the tables in which sluice keeps its runs, and the rights
of the user who applies. It does all of that or nothing, and nothing twice.

Whoever may create a schema needs no setup: the first apply does it. Who may not
prints the statements with --sql, for somebody who may.`,
		Example: `  sluice setup products.yaml --param database=postgres://clerk@localhost/shop --sql
  sluice setup products.yaml --param database=postgres://owner@localhost/shop --role clerk`,
		Args: one("the job file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.setup(cmd, args[0], f) },
	}
	a.addParamFlag(cmd)
	cmd.Flags().BoolVar(&f.sql, "sql", false, "print the statements, and change nothing")
	cmd.Flags().StringVar(&f.role, "role", "", "the `NAME` of the user who will apply; else the one of the database's URL")
	return cmd
}

func (a *app) setup(cmd *cobra.Command, file string, f setupFlags) error {
	job, err := sluice.Check(file)
	if err != nil {
		return unread(file, err)
	}
	params, err := a.given()
	if err != nil {
		return err
	}
	do := sluice.Setup
	if f.sql {
		do = sluice.SetupSQL
	}
	statements, err := do(cmd.Context(), job, f.role, sluice.Options{Params: params})
	if err != nil {
		return err
	}
	if a.json {
		a.event(map[string]any{"type": "result", "status": 0, "statements": append([]string{}, statements...), "done": !f.sql})
		return nil
	}
	for _, sql := range statements {
		fmt.Fprintf(a.out, "%s;\n", sql)
	}
	switch {
	case len(statements) == 0:
		fmt.Fprintln(a.err, "nothing is missing")
	case !f.sql:
		fmt.Fprintln(a.err, "done")
	}
	return nil
}
