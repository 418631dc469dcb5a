package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

type exportFlags struct {
	out, format            string
	database, table, query string
}

func (a *app) exportCmd() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export [JOB]",
		Short: "Write a table as the file that it could be loaded from",
		Long: `Export writes the table of a job as the job reads it: columns under their names
in the source, look-ups and links as natural keys, dates, booleans and numbers as
the job says they are written. A plan of that file finds nothing to change. A
column that an expression works out is left out, with a notice; a value that no
file of the job can say is an error that names the row.

With --database it writes any table, or what a query selects.

The rows are those of one moment, in the order of the key. FILE is a path or an
s3:// URL, and is there as a whole or not at all; its name says what it is: .csv,
.tsv, .ndjson, .parquet or .xlsx; behind those of text with .gz or .zst if it is to
be compressed.
Without it the rows go to standard output, as CSV.`,
		Example: `  sluice export products.yaml --out products.csv
  sluice export products.yaml --param database=sqlite://shop.db > products.csv
  sluice export --database sqlite://shop.db --table product --out product.parquet
  sluice export --database "$DATABASE" --query "SELECT sku, price FROM product"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && f.database != "" {
				return nil
			}
			return exactly("the job file, or --database,")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.export(cmd, args, f) },
	}
	a.addParamFlag(cmd)
	cmd.Flags().StringVarP(&f.out, "out", "o", "-", "write to `FILE`, a path or an s3:// URL; - is standard output")
	cmd.Flags().StringVar(&f.format, "format", "", "csv, tsv, ndjson, parquet or xlsx, whatever the name of the file says")
	cmd.Flags().StringVar(&f.database, "database", "", "export from the database of this `URL`, without a job")
	cmd.Flags().StringVar(&f.table, "table", "", "export this table of --database")
	cmd.Flags().StringVar(&f.query, "query", "", "export what this `SQL` selects in --database")
	return cmd
}

func (a *app) export(cmd *cobra.Command, args []string, f exportFlags) error {
	if err := f.check(len(args) > 0); err != nil {
		return err
	}
	if a.json && f.out == "-" {
		return &usageError{errors.New("with --json standard output is the result: name a file by --out")}
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	o.Progress = &sluice.Progress{}
	stores := store.NewSet(store.Options{})
	write := func(ctx context.Context, w io.Writer) (*sluice.Exported, error) {
		if f.table != "" {
			return sluice.ExportTable(ctx, f.database, f.table, w, o)
		}
		return sluice.ExportQuery(ctx, f.database, f.query, w, o)
	}
	if len(args) > 0 {
		a.unread = true
		job, err := a.open(cmd, args[0], a.notify)
		if err != nil {
			return err
		}
		defer job.Close()
		stores = job.Stores()
		write = func(ctx context.Context, w io.Writer) (*sluice.Exported, error) { return job.Export(ctx, w, o) }
	} else {
		limitMemory(256 << 20)
	}
	stop := a.follow(cmd.Context(), nil, o.Progress)
	done, err := a.exportTo(cmd.Context(), stores, f.out, write)
	stop()
	if err != nil {
		return err
	}
	a.exported(done, f.out)
	return nil
}

// exportRoom is for the parts of the file that are sent while more of it is made,
// in bytes.
const exportRoom = 32 << 20

// exportTo writes the file, as a whole or not at all.
func (a *app) exportTo(ctx context.Context, stores *store.Set, out string, write func(context.Context, io.Writer) (*sluice.Exported, error)) (*sluice.Exported, error) {
	if out == "-" {
		return write(ctx, a.out)
	}
	st, key, err := stores.Open(ctx, out)
	if err != nil {
		return nil, err
	}
	file := store.Create(ctx, st, key, store.Condition{}, store.CreateOptions{Room: flow.NewBudget(exportRoom)})
	done, err := write(ctx, file)
	if err == nil {
		_, err = file.Commit(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, file.Abort(context.WithoutCancel(ctx)))
	}
	return done, nil
}

func (a *app) exported(done *sluice.Exported, out string) {
	if a.json {
		a.event(struct {
			*sluice.Exported
			Out string `json:"out"`
		}{done, spec.Redact(out)})
		return
	}
	to := ""
	if out != "-" {
		to = " to " + out
	}
	fmt.Fprintf(a.err, "%s exported%s in %.1fs\n", number(done.Rows, "row"), to, done.Seconds)
}

// check says which flags do not go together.
func (f *exportFlags) check(job bool) error {
	switch {
	case job && f.database+f.table+f.query != "":
		return &usageError{errors.New("a job has its database and its table: --database, --table and --query are for an export without one")}
	case !job && (f.table == "") == (f.query == ""):
		return &usageError{errors.New("--database needs --table, or else --query")}
	}
	return nil
}

// options says what the file is, by its name where the format is not given.
func (f *exportFlags) options() (sluice.ExportOptions, error) {
	o := sluice.ExportOptions{Format: f.format}
	name := f.out
	for ending, how := range map[string]string{".gz": "gzip", ".zst": "zstd"} {
		if plain, packed := strings.CutSuffix(f.out, ending); packed {
			name, o.Compression = plain, how
		}
	}
	if o.Format == "" {
		o.Format = strings.TrimPrefix(filepath.Ext(name), ".")
		if f.out == "-" {
			o.Format = "csv"
		}
	}
	switch o.Format {
	case "csv", "tsv", "ndjson", "parquet", "xlsx":
		return o, nil
	case "":
		return o, &usageError{fmt.Errorf("--out %s: its name does not say what it is to be: --format does", spec.Redact(f.out))}
	}
	return o, &usageError{fmt.Errorf("sluice does not export to %q; it does to csv, tsv, ndjson, parquet and xlsx", o.Format)}
}
