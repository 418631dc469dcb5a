package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/profile"
	"github.com/seed-128c3863/sluice/spec"
)

type profileFlags struct {
	job   string
	html  string
	force bool
}

func (a *app) profileCmd() *cobra.Command {
	var f profileFlags
	cmd := &cobra.Command{
		Use:   "profile SOURCE...",
		Short: "Say what files hold, column by column",
		Long: `Profile reads each SOURCE whole, a file, a folder or a URL, and says of each
column what init would make of it and what is there:

  - its type, and which values do not have it, with row and reason
  - how many values are null, empty, and different from each other
  - the least and the greatest, quartiles, mean and standard deviation
  - the longest text, the most frequent values, and examples

With --job it says the same of the columns that a job makes of all its files;
of a job that loads a table they have the table's types.

It reads whatever init does. Nothing is written but the page that --html names:
one file, with small charts, that needs nothing else.

Memory is bounded, whatever the size: beyond 50,000 different values their number
is an estimate, which a ~ says, and beyond 10,000 values quartiles and charts are
of a random sample. All else is exact. Ctrl-C ends it with what was seen so far.`,
		Example: `  sluice profile products.csv
  sluice profile s3://my-bucket/events/ --html events.html
  sluice profile --job products.yaml --param input=v2.csv
  sluice profile a.csv.gz b.xlsx --json | jq '.columns[] | {name, distinct}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.job != "" && len(args) > 0:
				return &usageError{fmt.Errorf("--job %s says which files are read: leave %q out", f.job, args[0])}
			case f.job != "" || len(args) > 0:
				return nil
			}
			return exactly("the source: a file, a folder or a URL,")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.profile(cmd, args, f) },
	}
	cmd.Flags().StringVar(&f.job, "job", "", "profile what the job in `FILE` makes of its files")
	a.addParamFlag(cmd)
	cmd.Flags().StringVar(&f.html, "html", "", "write a page with charts to `FILE`; - is standard output")
	cmd.Flags().BoolVar(&f.force, "force", false, "write over a page that is there")
	return cmd
}

// profile tells what sources hold, or what a job makes of its files.
func (a *app) profile(cmd *cobra.Command, sources []string, f profileFlags) error {
	if f.html == "-" && a.json {
		return &usageError{errors.New("--html - and --json are both for standard output: write the page to a file")}
	}
	read := sluice.Profile
	if f.job != "" {
		job, err := a.open(cmd, f.job, a.notify)
		if err != nil {
			return err
		}
		defer job.Close()
		sources, read = []string{f.job}, func(ctx context.Context, _ string, o sluice.ProfileOptions) (*sluice.FileProfile, error) {
			return job.Profile(ctx, o)
		}
	}
	return a.profiles(cmd.Context(), sources, read, f)
}

// A profileReader makes the profile of a source.
type profileReader func(ctx context.Context, source string, o sluice.ProfileOptions) (*sluice.FileProfile, error)

// profiles profiles sources one after the other, until one of them is interrupted.
func (a *app) profiles(ctx context.Context, sources []string, read profileReader, f profileFlags) error {
	limitMemory(profileMemory)
	var all []*sluice.FileProfile
	var cut error
	status := 0
	for _, source := range sources {
		p, err := a.profiled(ctx, source, read)
		if p == nil {
			return err
		}
		if cut = err; len(p.Invalid) > 0 {
			status = 3
		}
		all = append(all, p)
		if a.tellProfile(p, f.html == "-"); cut != nil {
			break
		}
	}
	if f.html != "" {
		if err := a.page(all, f); err != nil {
			return err
		}
	}
	if cut != nil {
		return fmt.Errorf("%w: what was read so far is told", cut)
	}
	if a.json {
		a.event(map[string]any{"type": "result", "status": status, "profiles": len(all)})
	}
	return asStatus(status)
}

// profileMemory is what a profile takes at most, in bytes.
const profileMemory = 256 << 20

// profiled profiles one source, and shows how far it has come.
func (a *app) profiled(ctx context.Context, source string, read profileReader) (*sluice.FileProfile, error) {
	progress := &sluice.Progress{}
	if terminal(a.err) && !a.json {
		a.live = &liveLine{}
		stop := flow.Every(ctx, 100*time.Millisecond, func(context.Context) {
			if progress.Began.Load() != 0 {
				a.live.show(a, fmt.Sprintf("%s: %d/%d files  %d rows", spec.Redact(source), progress.FilesDone.Load(), progress.Files.Load(), progress.Rows.Load()))
			}
		})
		defer func() {
			stop()
			a.live.show(a, "")
		}()
	}
	return read(ctx, source, sluice.ProfileOptions{Progress: progress})
}

// tellProfile prints a profile, unless standard output is for the page.
func (a *app) tellProfile(p *sluice.FileProfile, page bool) {
	switch {
	case page:
	case a.json:
		a.event(struct {
			Type string `json:"type"`
			*sluice.FileProfile
		}{"profile", p})
	default:
		_ = p.Text(a.out, terminal(a.out)) // nobody is left to be told
		if p.Seconds > 1 {
			fmt.Fprintf(a.err, "read in %.1fs (%.0f rows/s)\n", p.Seconds, float64(p.Rows)/p.Seconds)
		}
	}
}

// page writes the profiles as a page.
func (a *app) page(all []*sluice.FileProfile, f profileFlags) error {
	var text bytes.Buffer
	if err := profile.HTML(&text, all); err != nil {
		return err
	}
	if f.html == "-" {
		_, err := a.out.Write(text.Bytes())
		return err
	}
	err := writeNew(f.html, text.Bytes(), f.force)
	if usage := (*spec.UsageError)(nil); errors.As(err, &usage) {
		return &usageError{fmt.Errorf("%s is there already: --force writes over it", f.html)}
	}
	return err
}
