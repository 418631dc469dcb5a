package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-128c3863/sluice/plan"
)

// What goes wrong where an import is split into parts that run side by side: rows
// are lost at the borders, errors of a part are lost, row numbers start again with
// each part, and what other parts did stays when one fails. Each of these is
// looked for with 1, 2 and 16 workers, of which the result must not depend.
var workers = []int{1, 2, 16}

// on sets the number of workers of a job.
func on(n int) []string {
	return []string{"transaction: all ", fmt.Sprintf("limits: {cpus: %d}\ntransaction: all ", n)}
}

// Parts are the files of an import: a few of several batches, many of one. They
// are written to a folder of the test.
type parts struct {
	testing.TB
	dir   string
	files []string
	sizes []int
	skus  []string // of the rows that are good
	bad   []int    // rows, by number through all files
}

var partSizes = append(append([]int{1100, 0, 1, 1024}, slices.Repeat([]int{20}, 20)...), 1025, 0, 300)

// newParts writes files of about 4,000 rows. Rows at the borders of batches and
// files are good; from a row on some between them are bad, in each of the ways
// that are found at another place: by reading, by mapping, by a look-up, and by
// the database.
func newParts(t testing.TB, from int) *parts {
	p := &parts{TB: t, dir: t.TempDir(), sizes: partSizes}
	header := strings.Join(records(t, v1)[0], ",") + ",nobody\n"
	all := 0
	for i, size := range p.sizes {
		var text strings.Builder
		text.WriteString(header)
		for r := range size {
			all++
			cells := []string{fmt.Sprintf("SKU%09d", all), "title", `"two` + "\n" + `lines"`, fmt.Sprintf("cat-%03d", all%200+1), "1", "1.50", "1", "", "2020-01-02 03:04:05", "1", "", "", fmt.Sprintf("new%d|tag01", all/400), "x"}
			switch {
			case all >= from && all%97 == 0 && r > 0 && r+1 < size && r%1024 > 0:
				p.bad = append(p.bad, all)
				p.spoil(cells, all/97)
			default:
				p.skus = append(p.skus, cells[sku])
			}
			text.WriteString(strings.Join(cells, ",") + "\n")
		}
		p.add(fmt.Sprintf("%02d.csv", i), text.String())
	}
	return p
}

// spoil makes a row bad in one of several ways.
func (p *parts) spoil(cells []string, how int) {
	switch how % 5 {
	case 0:
		cells[price] = "much"
	case 1:
		cells[category] = "none"
	case 2:
		cells[author] = fmt.Sprint(99000 + how)
	case 3:
		cells[stock] = "1,2" // a cell too many
	case 4:
		cells[stock] = "-1"
	}
}

func (p *parts) add(name, text string) {
	p.files = append(p.files, filepath.Join(p.dir, name))
	if err := os.WriteFile(p.files[len(p.files)-1], []byte(text), 0o666); err != nil {
		p.Fatal(err)
	}
}

// edit is the job's text for these files.
func (p *parts) edit(more ...string) []string {
	list, _ := json.Marshal(p.files)
	return append([]string{"allow: 2%", "allow: 9%", `files: "{input}"`, "files: " + string(list)}, more...)
}

// An outcome is all that can be seen of an apply.
type outcome struct {
	rows, events, result, err, rejects, tables string
}

// outcome applies files with so many workers, and tells what rows it is given.
func (p *parts) outcome(s *shop, n int, edit ...string) (o outcome) {
	var events, rows strings.Builder
	edit = append(slices.Clone(edit), "rejects/{run}.csv", p.dir+"/rejects-{run}.csv")
	im := s.open("none", append(edit, p.edit(on(n)...)...)...)
	defer im.Close()
	im.Notify = func(e plan.Event) { fmt.Fprintln(&events, jsonOf(e)) }
	result, err := im.Apply(context.Background(), plan.ApplyOptions{Report: "all", Row: func(r *plan.Row) error {
		fmt.Fprintln(&rows, jsonOf(r))
		return nil
	}})
	if err != nil {
		o.err = err.Error()
	}
	if result == nil {
		result = &plan.Result{}
	}
	if result.Rejected != "" {
		text, err := os.ReadFile(result.Rejected)
		if err != nil {
			p.Fatal(err)
		}
		o.rejects = string(text)
	}
	result.Run, result.Rejected, result.Seconds, result.Times, result.Rate = "", "", 0, nil, 0
	o.result, o.events, o.rows, o.tables = jsonOf(result), events.String(), rows.String(), s.dump()
	return o
}

func jsonOf(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (o outcome) same(t testing.TB, n int, want outcome) {
	t.Helper()
	what := func(name string) string { return fmt.Sprintf("%d workers: %s", n, name) }
	same(t, what("error"), o.err, want.err)
	same(t, what("rows"), o.rows, want.rows)
	same(t, what("events"), o.events, want.events)
	same(t, what("result"), o.result, want.result)
	same(t, what("rejects file"), o.rejects, want.rejects)
	same(t, what("tables"), o.tables, want.tables)
}

// Every row is in the table or in the rejects file, whatever borders of batches
// and files lie beside it; and all that is told of the run is the same.
func TestWorkersLoseNoRows(t *testing.T) {
	p := newParts(t, 1)
	eachDatabase(t, func(t *testing.T, open func(testing.TB) *shop) {
		var one outcome
		var planned string
		for _, n := range workers {
			s := open(t)
			again := p.plan(s, n)
			if n == 1 {
				planned = again
			}
			same(t, fmt.Sprintf("%d workers: plan", n), again, planned)
			o := p.outcome(s, n)
			same(t, fmt.Sprintf("%d workers: rows of the table", n), strings.Join(s.query("SELECT sku FROM shop_product ORDER BY sku"), "\n"), strings.Join(p.skus, "\n"))
			if got := strings.Count(o.rejects, "\n") - 1; o.err != "" || len(p.bad) < 30 || got < len(p.bad) {
				t.Errorf("%d workers: %s, %d lines of rejects, want %d and more", n, o.err, got, len(p.bad))
			}
			if n == 1 {
				one = o
			}
			o.same(t, n, one)
		}
	})
}

// Row numbers are those of the files, in the plan and in the rejects file.
func TestWorkersNumberRowsOnce(t *testing.T) {
	p := newParts(t, 1)
	eachShop(t, func(t *testing.T, s *shop) {
		for _, n := range workers {
			input := append(p.edit(on(n)...), "rejects/{run}.csv", t.TempDir()+"/{run}.csv")
			im := s.open("none", input...)
			var at [][2]string
			result, err := im.Apply(context.Background(), plan.ApplyOptions{Report: "all", Row: func(r *plan.Row) error {
				if r.State != plan.Invalid {
					at = append(at, [2]string{r.File, fmt.Sprint(r.Row)})
				}
				return nil
			}})
			im.Close()
			if err != nil {
				t.Fatal(err)
			}
			var bad [][2]string
			for _, r := range records(t, result.Rejected)[1:] {
				bad = append(bad, [2]string{r[0], r[1]})
			}
			same(t, fmt.Sprintf("%d workers: good rows", n), p.named(at), p.placed(false))
			same(t, fmt.Sprintf("%d workers: bad rows", n), p.named(bad), p.placed(true))
		}
	})
}

func (p *parts) named(rows [][2]string) string {
	var text strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&text, "%s %s\n", filepath.Base(r[0]), r[1])
	}
	return text.String()
}

// placed lists the rows that are bad, or good, by file and row.
func (p *parts) placed(bad bool) string {
	var rows [][2]string
	all := 0
	for i, size := range p.sizes {
		for r := range size {
			if all++; slices.Contains(p.bad, all) == bad {
				rows = append(rows, [2]string{p.files[i], fmt.Sprint(r + 1)})
			}
		}
	}
	return p.named(rows)
}

// An error in any part is the error of the run: one, the same for any number of
// workers, with its row in its file. Nothing is written, and nothing runs on.
func TestWorkersLoseNoErrors(t *testing.T) {
	fail := []string{"rows: reject ", "rows: fail ", "allow: 2%", ""}
	type failure struct {
		spoil func(p *parts)
		edit  []string
		want  string
	}
	cases := map[string]failure{
		"files that are unreadable from their middle on": {func(p *parts) {
			p.cut(3)
			p.cut(24)
			p.files[20] += ".none"
		}, nil, ": the gzip data is cut off: unexpected EOF, and 2 more"},
		"the first of them is enough": {func(p *parts) {
			p.cut(24)
			p.files[20] += ".none"
		}, []string{"allow: 2%", "allow: 9%\n  files: stop"}, "20.csv.none: there is no such file"},
		"a bad row, where none is let pass":   {func(*parts) {}, fail, "24.csv: row 191: line 382: "},
		"a bad row before an unreadable file": {func(p *parts) { p.cut(26) }, fail, "24.csv: row 191: line 382: "},
		"an unreadable file before a bad row": {func(p *parts) { p.cut(3) }, []string{"rows: reject ", "rows: fail ", "allow: 2%", "files: stop"}, "03.csv.gz: "},
	}
	eachShop(t, func(t *testing.T, s *shop) {
		before := s.dump()
		for name, tc := range cases {
			p := newParts(t, 2526)
			tc.spoil(p)
			var one outcome
			for _, n := range workers {
				o := p.failing(s, n, tc.edit...)
				if n == 1 {
					one = o
				}
				if !strings.Contains(o.err, tc.want) {
					t.Errorf("%s: %d workers: %s\nwant %s", name, n, o.err, tc.want)
				}
				o.same(t, n, one)
				same(t, name, o.tables, before)
			}
		}
	})
}

// cut makes a file one of gzip that ends in its middle.
func (p *parts) cut(file int) {
	text, err := os.ReadFile(p.files[file])
	if err != nil {
		p.Fatal(err)
	}
	p.files[file] += ".gz"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(text)
	_ = w.Close()
	if err := os.WriteFile(p.files[file], packed.Bytes()[:packed.Len()*3/4], 0o666); err != nil {
		p.Fatal(err)
	}
}

// plan plans files with so many workers.
func (p *parts) plan(s *shop, n int) string {
	im := s.open("none", p.edit(on(n)...)...)
	defer im.Close()
	planned, err := im.Plan(context.Background(), plan.Options{})
	if err != nil {
		p.Fatal(err)
	}
	planned.Created, planned.Table.Times = time.Time{}, plan.Times{}
	planned.Hash, planned.Params = "", nil // of the limits, too, and with the database
	return jsonOf(planned) + jsonOf(planned.Table.Rows)
}

// failing is outcome for files that are not loaded.
func (p *parts) failing(s *shop, n int, edit ...string) outcome {
	defer goleak.VerifyNone(p, goleak.IgnoreCurrent())
	return p.outcome(s, n, edit...)
}

// When one row of the last part is refused as it is written, or the run is ended
// in the middle, nothing of the other parts stays.
func TestWorkersWriteAllOrNothing(t *testing.T) {
	p := newParts(t, 1)
	eachShop(t, func(t *testing.T, s *shop) {
		last := p.skus[len(p.skus)-9]
		switch {
		case s.conn != nil:
			s.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.sku = '` + last + `' THEN RAISE 'not this one'; END IF; RETURN NEW; END $$`)
			s.exec("CREATE TRIGGER refuse BEFORE INSERT ON shop_product FOR EACH ROW EXECUTE FUNCTION refuse()")
		case strings.HasPrefix(s.url, "mysql"):
			s.exec("CREATE TRIGGER refuse BEFORE INSERT ON shop_product FOR EACH ROW BEGIN IF NEW.sku = '" + last + "' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF; END")
		default:
			s.exec("CREATE TRIGGER refuse BEFORE INSERT ON shop_product WHEN NEW.sku = '" + last + "' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
		}
		before := s.dump()
		var one outcome
		for _, n := range workers {
			o := p.failing(s, n)
			if n == 1 {
				one = o
			}
			if !strings.Contains(o.err, "not this one") {
				t.Errorf("%d workers: %s", n, o.err)
			}
			o.same(t, n, one)
			same(t, "tables", o.tables, before)

			ended := errors.New("enough")
			for name, run := range map[string]func(ctx, intake context.Context, im *Import) error{
				"plan cancelled": func(ctx, _ context.Context, im *Import) error {
					_, err := im.Plan(ctx, plan.Options{})
					return err
				},
				"apply cancelled": func(ctx, _ context.Context, im *Import) error {
					_, err := im.Apply(ctx, plan.ApplyOptions{})
					return err
				},
				"apply ended": func(_, intake context.Context, im *Import) error {
					_, err := im.Apply(context.Background(), plan.ApplyOptions{Intake: intake})
					return err
				},
			} {
				err := p.stopped(s, n, ended, run)
				if !errors.Is(err, ended) {
					t.Errorf("%d workers, %s: %v", n, name, err)
				}
				same(t, name, s.dump(), before)
			}
		}
	})
}

// stopped does a run and ends its context at the notice of the empty file, which is
// told between others.
func (p *parts) stopped(s *shop, n int, why error, run func(ctx, intake context.Context, im *Import) error) error {
	defer goleak.VerifyNone(p, goleak.IgnoreCurrent())
	im := s.open("none", p.edit(on(n)...)...)
	defer im.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	im.Notify = func(e plan.Event) {
		if strings.Contains(e.Text, "no records") {
			cancel(why)
		}
	}
	return run(ctx, ctx, im)
}
