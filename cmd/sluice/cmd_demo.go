package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed demo/raw_to_stage.yaml
var demoJob []byte

func (a *app) demoCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Load made-up files, and show plan, apply and revert",
		Long: `Demo writes 60 raw flight-search files and a job file into a new folder, and
runs sluice on them: plan, apply, a second apply that finds nothing to do, one
changed file that is picked up, and a revert. Then it does the same with a
spreadsheet of products and a table of a small database. Everything it did can
be looked at, and done again by hand, in that folder. No server, no account.`,
		Example: `  sluice demo
  sluice demo --dir /tmp/flights`,
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error { return a.demo(dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", "sluice-demo", "the `folder` to make")
	return cmd
}

// A demonstration runs sluice's own commands, as a person would type them.
type demonstration struct {
	*app
	dir, job string
	params   []string
	err      error // of the first command that did not end as it should
}

func (a *app) demo(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return &usageError{fmt.Errorf("folder %s is there already: remove it, or name another with --dir", dir)}
	}
	d := &demonstration{app: a, dir: dir}
	if err := d.files(); err != nil {
		return err
	}
	if err := d.table(); err != nil {
		return err
	}
	d.say("Look around in %s; the two job files there are a good start for your own.", dir)
	return d.err
}

// files loads files into files.
func (d *demonstration) files() error {
	dir := d.dir
	d.job = filepath.Join(dir, "raw_to_stage.yaml")
	d.params = []string{"raw=" + dir + "/raw", "stage=" + dir + "/stage", "current_date=2024-04-17"}
	changed, err := writeFlights(filepath.Join(dir, "raw"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.job, demoJob, 0o644); err != nil {
		return err
	}
	d.say("60 flight-search files, as an API gave them, lie in %s/raw.\nThe job %s makes a typed Parquet file of each.", dir, d.job)
	d.sluice("plan")
	d.say("Nothing was written yet. Now it is:")
	d.sluice("apply", "--yes")
	d.say("The first rows of one of the outputs:")
	if d.err == nil {
		d.err = showParquet(d.out, filepath.Join(dir, "stage", strings.TrimSuffix(changed, ".json")+".parquet"), 3)
	}
	d.say("A second apply finds nothing to do:")
	d.sluice("apply", "--yes")
	d.say("One source file is written anew, with a record less:")
	if err := dropRecord(filepath.Join(dir, "raw", changed)); err != nil {
		return err
	}
	d.sluice("plan")
	run := d.apply(0)
	d.say("That is taken back: the output is again what it was before.")
	d.sluice("revert", run, "--yes")
	d.say("What happened is in the ledger:")
	d.sluice("runs")
	return nil
}

func (d *demonstration) say(text string, args ...any) {
	if d.err == nil {
		fmt.Fprintf(d.out, "\n# "+strings.ReplaceAll(text, "\n", "\n# ")+"\n", args...)
	}
}

// sluice shows a command and runs it.
func (d *demonstration) sluice(verb string, args ...string) { d.ends(0, verb, args...) }

// ends does the same with a command that has another exit status.
func (d *demonstration) ends(status int, verb string, args ...string) {
	if d.err != nil {
		return
	}
	words := []string{verb, d.job}
	words = append(words, args...)
	for _, p := range d.params {
		words = append(words, "--param", p)
	}
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = quote(word)
	}
	fmt.Fprintf(d.out, "$ sluice %s\n", strings.Join(shown, " "))
	if got := run(d.stop, words, d.stdin, d.out, d.app.err); got != status {
		d.err = statusError(max(got, 1))
	}
}

// apply applies the job, which ends with that status, and returns the run's ID.
func (d *demonstration) apply(status int) string {
	var out strings.Builder
	screen := d.out
	d.out = io.MultiWriter(screen, &out)
	d.ends(status, "apply", "--yes")
	d.out = screen
	_, rest, _ := strings.Cut(out.String(), "\nrun ")
	id, _, ok := strings.Cut(rest, ":")
	if !ok && d.err == nil {
		d.err = errors.New("the changed file was not picked up")
	}
	return id
}

// dropRecord takes the last record off a JSON array.
func dropRecord(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var records []json.RawMessage
	if err := json.Unmarshal(text, &records); err != nil {
		return err
	}
	if text, err = json.Marshal(records[:len(records)-1]); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
