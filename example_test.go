package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/table"
)

const exampleJobFile = `
sluice: 1
name: offers
params:
  day:    {type: date}
  folder: {type: string}
from:
  files: "{folder}/raw/{*airport}_{day}.json"
columns:
  airport: {type: string, value: file.airport}
  id:      {type: string, from: id, required: true}
  price:   {type: int64,  value: round_half_even(row.price)}
to:
  files: "{folder}/stage/{file.stem}.csv"
errors:
  rejects: "{folder}/rejects.csv"
`

// exampleFolder makes a folder with the job above and two files to load, one
// of them with a bad record. The caller removes it.
func exampleFolder() string {
	dir, err := os.MkdirTemp("", "sluice")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string]string{
		"offers.yaml":             exampleJobFile,
		"raw/BKK_2024-04-17.json": `[{"id":"a1","price":1562.5},{"id":"a2","price":1480}]`,
		"raw/CTS_2024-04-17.json": `[{"id":"b1","price":990.2},{"id":"b2","price":"990"}]`,
	} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}

// exampleOpen opens the job of a folder.
func exampleOpen(dir string) *sluice.Job {
	job, err := sluice.Open(context.Background(), dir+"/offers.yaml", sluice.Options{
		Params: map[string]string{"day": "2024-04-17", "folder": dir},
	})
	if err != nil {
		log.Fatal(err)
	}
	return job
}

// A load is planned, reviewed, applied and taken back.
func Example() {
	ctx := context.Background()
	dir := exampleFolder() // offers.yaml and raw/
	defer os.RemoveAll(dir)

	job, err := sluice.Open(ctx, dir+"/offers.yaml", sluice.Options{
		Params: map[string]string{"day": "2024-04-17", "folder": dir},
	})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := job.Plan(ctx, sluice.PlanOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("plan:  ", plan.Summary())

	result, err := job.Apply(ctx, sluice.ApplyOptions{Plan: plan})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("apply: ", result.Written, "outputs,", result.Rows, "rows,", result.Rejects, "rejected")
	text, err := os.ReadFile(dir + "/stage/BKK_2024-04-17.csv")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))

	result, err = job.Revert(ctx, result.Run, sluice.RevertOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("revert:", result.Removed, "outputs removed")
	// Output:
	// plan:   2 files: 2 new
	// apply:  2 outputs, 3 rows, 1 rejected
	// airport,id,price
	// BKK,a1,1562
	// BKK,a2,1480
	// revert: 2 outputs removed
}

// What is wrong with a job file has a place and a hint.
func ExampleCheck() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "wrong.yaml")
	wrong := strings.Replace(exampleJobFile, "row.price", "rwo.price", 1)
	if err := os.WriteFile(file, []byte(wrong), 0o644); err != nil {
		log.Fatal(err)
	}

	_, err := sluice.Check(file)
	var errs spec.Errors
	if errors.As(err, &errs) {
		for _, e := range errs {
			fmt.Printf("line %d, column %d: %s: %s (%s)\n", e.Line, e.Column, e.Path, e.Msg, e.Hint)
		}
	}
	// Output:
	// line 12, column 50: columns.price.value: unknown name "rwo" (did you mean "row"?)
}

// Params are bound when the job is opened; one that is missing names itself.
func ExampleOpen() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)

	_, err := sluice.Open(context.Background(), dir+"/offers.yaml", sluice.Options{
		Params: map[string]string{"folder": dir},
	})
	var errs spec.Errors
	if errors.As(err, &errs) {
		fmt.Println(errs[0].Path+":", errs[0].Msg)
	}
	// Output:
	// params.day: the param is not given: a date
}

// A plan lists the files that would be done, and why.
func ExampleJob_Plan() {
	ctx := context.Background()
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	job := exampleOpen(dir)
	if _, err := job.Apply(ctx, sluice.ApplyOptions{}); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(dir+"/raw/BKK_2024-04-17.json", []byte(`[{"id":"a1","price":1500}]`), 0o644); err != nil {
		log.Fatal(err)
	}

	plan, err := job.Plan(ctx, sluice.PlanOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range plan.Files {
		fmt.Println(f.State, filepath.Base(f.Source), "->", filepath.Base(f.Output)+":", f.Why)
	}
	fmt.Println(plan.Summary())
	// Output:
	// changed BKK_2024-04-17.json -> BKK_2024-04-17.csv: the source has changed
	// 2 files: 1 changed, 1 unchanged
}

// An apply does what is new or changed; a second one finds nothing to do. The
// status tells the state of the outputs, so it stays 3 while a row of theirs is
// rejected.
func ExampleJob_Apply() {
	ctx := context.Background()
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	job := exampleOpen(dir)

	for range 2 {
		result, err := job.Apply(ctx, sluice.ApplyOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("written %d, rejects %d, status %d\n", result.Written, result.Rejects, result.Status)
	}
	rejects, err := os.ReadFile(dir + "/rejects.csv")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(string(rejects), dir, "."))
	// Output:
	// written 2, rejects 1, status 3
	// written 0, rejects 1, status 3
	// file,row,line,column,value,reason,record
	// ./raw/CTS_2024-04-17.json,2,,price,990,"round_half_even takes a number, not ""990"" (write int(...) or number(...) where the text holds one)","{""id"":""b2"",""price"":""990""}"
}

// Confirm is shown the plan before anything is written, and may refuse it.
func ExampleApplyOptions_confirm() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	job := exampleOpen(dir)

	_, err := job.Apply(context.Background(), sluice.ApplyOptions{
		Confirm: func(p *sluice.Plan) (bool, error) { return p.Changes() < 2, nil },
	})
	fmt.Println(errors.Is(err, sluice.ErrDeclined), err)
	// Output:
	// true nothing was changed
}

// A program that shows results in columns of its own is told of each file by
// Notify, in the order they are done.
func ExampleOptions_notify() {
	ctx := context.Background()
	dir := exampleFolder()
	defer os.RemoveAll(dir)

	var files []sluice.Event
	job, err := sluice.Open(ctx, dir+"/offers.yaml", sluice.Options{
		Params: map[string]string{"day": "2024-04-17", "folder": dir},
		Notify: func(e sluice.Event) {
			if e.Type == "file" {
				files = append(files, e)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := job.Apply(ctx, sluice.ApplyOptions{}); err != nil {
		log.Fatal(err)
	}
	slices.SortFunc(files, func(a, b sluice.Event) int { return strings.Compare(a.File, b.File) })
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "airport\tstate\trows\trejected\tshare")
	for _, f := range files {
		airport, _, _ := strings.Cut(filepath.Base(f.File), "_")
		share := float64(f.Rejects) / float64(f.Rows+f.Rejects)
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%.0f%%\n", airport, f.State, f.Rows, f.Rejects, 100*share)
	}
	table.Flush()
	// Output:
	// airport  state  rows  rejected  share
	// BKK      new    2     0         0%
	// CTS      new    1     1         50%
}

// A spreadsheet is loaded into a table: what it changes is reviewed row by row,
// applied, and taken back. Here the database is a file of SQLite that is made on
// the spot; sluice itself makes none.
func Example_table() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sluice")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db := filepath.Join(dir, "shop.db")
	schema := "CREATE TABLE product (sku text PRIMARY KEY, price decimal(8,2) NOT NULL); INSERT INTO product VALUES ('C-100', 79), ('S-200', 20)"
	text := []byte(`
sluice: 1
name: products
params: {folder: {type: string}}
from: {files: "{folder}/products.csv"}
columns:
  sku:   {from: sku}
  price: {from: price, check: value > 0}
to: {database: "sqlite://{folder}/shop.db", table: product, key: sku}
errors: {rejects: "{folder}/rejects.csv"}
`)
	if err := errors.Join(
		table.MakeSQLite(ctx, db, schema),
		os.WriteFile(filepath.Join(dir, "products.csv"), []byte("sku,price\nC-100,84.00\nS-200,20\nL-310,42.90\nT-210,much\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "products.yaml"), text, 0o644),
	); err != nil {
		log.Fatal(err)
	}

	job, err := sluice.Open(ctx, filepath.Join(dir, "products.yaml"), sluice.Options{Params: map[string]string{"folder": dir}})
	if err != nil {
		log.Fatal(err)
	}
	defer job.Close()
	plan, err := job.Plan(ctx, sluice.PlanOptions{Row: func(r *sluice.Row) error {
		fmt.Print(r.State, " ", r.Row, " ", r.Key[0].Value)
		for _, c := range r.Values {
			fmt.Print(": ", c.Column, " ", c.Old, " -> ", c.New)
		}
		if r.Why != "" {
			fmt.Print(": ", r.Why)
		}
		fmt.Println()
		return nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Counts)
	result, err := job.Apply(ctx, sluice.ApplyOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("written", result.Rows, "rejects", result.Rejects, "status", result.Status)
	result, err = job.Revert(ctx, result.Run, sluice.RevertOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("taken back", result.Rows)
	// Output:
	// invalid 4 T-210: "much" is not a number
	// update 1 C-100: price 79.00 -> 84.00
	// new 3 L-310: price <nil> -> 42.90
	// map[delete:0 invalid:1 new:1 unchanged:1 update:1]
	// written 2 rejects 1 status 3
	// taken back 2
}

// What a revert would do can be seen before.
func ExampleJob_Revert() {
	ctx := context.Background()
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	job := exampleOpen(dir)
	result, err := job.Apply(ctx, sluice.ApplyOptions{})
	if err != nil {
		log.Fatal(err)
	}

	reversal, err := job.PlanRevert(ctx, result.Run)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("would restore", len(reversal.Restore), "and remove", len(reversal.Remove))
	if _, err := job.Revert(ctx, result.Run, sluice.RevertOptions{}); err != nil {
		log.Fatal(err)
	}
	runs, err := job.Runs(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range runs {
		fmt.Println(r.Verb, r.State)
	}
	// Output:
	// would restore 0 and remove 2
	// apply done
	// revert done
}

// A preview makes the first rows, and writes nothing.
func ExampleJob_Preview() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	job := exampleOpen(dir)

	preview, err := job.Preview(context.Background(), 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range preview.Rows {
		fmt.Printf("%s:%d %s\n", filepath.Base(r.File), r.Row, r.Values)
	}
	// Output:
	// BKK_2024-04-17.json:1 {"airport":"BKK","id":"a1","price":1562}
	// BKK_2024-04-17.json:2 {"airport":"BKK","id":"a2","price":1480}
	// CTS_2024-04-17.json:1 {"airport":"CTS","id":"b1","price":990}
}

// Init drafts a job for the files that are there.
func ExampleInit() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)

	draft, err := sluice.Init(context.Background(), dir+"/raw/BKK_2024-04-17.json", sluice.InitOptions{Name: "offers"})
	if err != nil {
		log.Fatal(err)
	}
	_, columns, _ := strings.Cut(string(draft.Text), "columns:\n")
	columns, _, _ = strings.Cut(columns, "\n\n")
	fmt.Println(draft.Name+":", draft.Records, "records sampled")
	fmt.Println(columns)
	// Output:
	// offers: 2 records sampled
	//   id:    {type: string,  from: id}
	//   price: {type: float64, from: price}
}
