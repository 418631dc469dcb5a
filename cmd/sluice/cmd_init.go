package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

type initFlags struct {
	out      string
	force    bool
	database string
	table    string
	yes      bool
}

func (a *app) initCmd() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init SOURCE",
		Short: "Write a job file for the files that are there",
		Long: `Init writes a job file for SOURCE: a file, a folder, or a prefix in a bucket.
It lists the files, samples up to six of them, and makes a column of each value
that it finds in their records:

  - nested objects become columns such as price_amount, from price.amount
  - lists of objects, and objects whose keys vary, stay whole, as json
  - text that is a date, a timestamp or a UUID throughout has that type
  - what is not of one type is kept as string or json, and it says so

What differs between the files' names is captured, as in
day={*day}/{*base}.json, so that each file has an output of its own below the
folder out. What was decided goes to standard error. The job works as it stands;
look it over, and take what you need.

It reads JSON: an array of records, a record a line, records within a document,
or an object of columns as pandas writes it; .yaml; tables of text such as .csv,
.tsv and .txt; plain, gzip or zstd. And .xlsx, .xls, .ods and .html: the first
sheet that has a table; and .parquet, whose columns keep their types. A file that
is named as another is read as what it is.

Of a table of text it finds the encoding, the delimiter and quotes; of that and of
a sheet the lines that hold the names and those behind the rows, and how numbers
and dates are written in texts: "1,395", ₩1,395, 12.5%, (1,395), 2024.04.17,
2024년 4월 17일. It says why, and how sure it is, and writes it into the job: a run
does not guess, and refuses a file that is written otherwise. On a terminal it asks
where it is in doubt (--yes takes the best): the encoding, the sheet, the names,
whether 03/04/2024 is in March or April.

With --database and --table the job loads that table. Columns of the files are
matched with the table's by name (common Korean headers with English names, too)
and by what they hold; natural keys of a row that a column refers to become
look-ups, cells with several of them links; forms of dates, words for true and
false, and marks in numbers are found; the key is a unique of the table that the
files fill. It says what it decided, how sure it is and why, and asks here, too.`,
		Example: `  sluice init raw/                              # writes raw.yaml
  sluice init s3://my-bucket/events/ --out events.yaml
  sluice init https://example.org/data.json --out -
  sluice init products.csv --database sqlite://shop.db --table product
  sluice init raw/ && sluice preview raw.yaml`,
		Args: one("the source: a file, a folder or a URL,"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.init(cmd, args[0], f) },
	}
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "write the job to `FILE`; - is standard output (default: SOURCE's name with .yaml)")
	cmd.Flags().StringVar(&f.database, "database", "", "the job loads a table of the database at `URL`: sqlite://FILE, postgres://… or mysql://…")
	cmd.Flags().StringVar(&f.table, "table", "", "`NAME` of that table, perhaps with its schema")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "take the best of what is in doubt, and do not ask")
	cmd.Flags().BoolVar(&f.force, "force", false, "write over a job file that is there")
	return cmd
}

func (a *app) init(cmd *cobra.Command, source string, f initFlags) error {
	o := sluice.InitOptions{Database: f.database, Table: f.table}
	if terminal(a.stdin) && terminal(a.err) && !f.yes && !a.json {
		o.Ask = a.pick
	}
	if f.out != "-" {
		o.Name = strings.TrimSuffix(filepath.Base(f.out), filepath.Ext(f.out))
	}
	draft, err := sluice.Init(cmd.Context(), source, o)
	if err != nil {
		return err
	}
	file := f.out
	if file == "" {
		file = draft.File + ".yaml"
	}
	if file != "-" {
		if err := writeNew(file, draft.Text, f.force); err != nil {
			return err
		}
	}
	return a.drafted(draft, file)
}

// pick lets a person choose. An empty line is the best choice.
func (a *app) pick(q sluice.Question) (int, error) {
	fmt.Fprintln(a.err, q.Text)
	for i, choice := range q.Choices {
		fmt.Fprintf(a.err, "  %d  %s\n", i+1, choice)
	}
	lines := bufio.NewScanner(a)
	for {
		fmt.Fprintf(a.err, "1 to %d, or return for %d: ", len(q.Choices), q.Best+1)
		if !lines.Scan() {
			return 0, errors.Join(lines.Err(), &usageError{errors.New("nothing was answered; --yes takes what is likeliest")})
		}
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			return q.Best, nil
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(q.Choices) {
			return n - 1, nil
		}
	}
}

// drafted tells of a draft that was written to a file, or prints it.
func (a *app) drafted(draft *sluice.Draft, file string) error {
	if a.json {
		result := map[string]any{
			"type": "result", "status": 0, "job": draft.Name, "columns": draft.Columns, "files": draft.Files,
			"sampled": draft.Sampled, "records": draft.Records, "notes": draft.Notes,
		}
		if draft.Table != "" {
			result["table"], result["decisions"] = draft.Table, draft.Decisions
		}
		if file == "-" {
			result["text"] = string(draft.Text)
		} else {
			result["file"] = file
		}
		a.event(result)
		return nil
	}
	a.decided(draft)
	for _, note := range draft.Notes {
		fmt.Fprintln(a.err, note)
	}
	if file == "-" {
		_, err := a.out.Write(draft.Text)
		return err
	}
	fmt.Fprintf(a.out, "%s: %s; now: sluice preview %s\n", file, number(int64(draft.Columns), "column"), quote(file))
	return nil
}

// decided lists where each column of the files goes, and why.
func (a *app) decided(draft *sluice.Draft) {
	if draft.Table == "" {
		return
	}
	fmt.Fprintf(a.err, "table %s:\n", draft.Table)
	column, to := 0, 0
	for _, d := range draft.Decisions {
		column, to = max(column, plan.Wide(plan.Printable(d.Column))), max(to, plan.Wide(d.To))
	}
	for _, d := range draft.Decisions {
		name := plan.Printable(d.Column)
		name += strings.Repeat(" ", column-plan.Wide(name))
		if d.To == "" {
			fmt.Fprintf(a.err, "  %s  is not loaded: %s\n", name, d.Why)
			continue
		}
		fmt.Fprintf(a.err, "  %s  %s  %-8s  %s\n", name, d.To+strings.Repeat(" ", to-plan.Wide(d.To)), d.Sure, plan.Printable(d.Why))
	}
}

// writeNew writes a file that is not there yet, unless it may be replaced.
func writeNew(name string, text []byte, force bool) error {
	mode := os.O_EXCL
	if force {
		mode = os.O_TRUNC
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|mode, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &spec.UsageError{Err: fmt.Errorf("%s is there already: --force writes over it, --out FILE writes another, --out - prints the job", spec.Redact(name))}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
