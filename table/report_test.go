package table

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// The rows that a plan tells of are those that an apply does, each with its
// place and its values; what the job reports says which.
func TestReport(t *testing.T) { eachShop(t, testReport) }

func testReport(t *testing.T, s *shop) {
	s.apply(v1)
	counts := func(rows []plan.Row) plan.Counts {
		c := plan.Counts{}
		for _, r := range rows {
			c[r.State]++
		}
		return c
	}
	var rows []plan.Row
	take := func(r *plan.Row) error {
		rows = append(rows, *r)
		return nil
	}
	var planned []string
	for _, tc := range []struct {
		job, asked string
		want       plan.Counts
	}{
		{"changes", "", plan.Counts{plan.New: 6, plan.Update: 15, plan.Invalid: 3}},
		{"all", "", plan.Counts{plan.New: 6, plan.Update: 15, plan.Invalid: 3, plan.Unchanged: 282}},
		{"none", "", plan.Counts{}},
		{"none", "changes", plan.Counts{plan.New: 6, plan.Update: 15, plan.Invalid: 3}},
	} {
		rows = nil
		if _, err := s.open(v2, "transaction: all", "report: "+tc.job+"\ntransaction: all").Plan(context.Background(), plan.Options{Row: take, Report: tc.asked}); err != nil {
			t.Fatal(err)
		}
		if got := counts(rows); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s, %q: %v, want %v", tc.job, tc.asked, got, tc.want)
		}
		if tc.job == "changes" {
			planned = rowTexts(rows)
		}
	}
	rows = nil
	progress := &plan.Progress{}
	r, err := s.open(v2, "rejects/{run}.csv", t.TempDir()+"/{run}.csv").Apply(context.Background(), plan.ApplyOptions{Row: take, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	if got := rowTexts(rows); !slices.Equal(got, planned) {
		t.Errorf("applied\n%s\nplanned\n%s", strings.Join(got, "\n"), strings.Join(planned, "\n"))
	}
	if b := rows[0]; b.File != v2 || b.Row != 28 || b.Line != 31 || b.Column != "published" || b.Value != "2023-13-45" {
		t.Errorf("%+v", b)
	}
	size, err := os.Stat(v2)
	if err != nil {
		t.Fatal(err)
	}
	if r.Times == nil || r.Times.Read <= 0 || r.Times.Compare <= 0 || r.Times.Apply <= 0 || r.Rate <= 0 || r.BytesIn != size.Size() || r.Rows != 21 {
		t.Errorf("%+v", r)
	}
	if progress.Files.Load() != 1 || progress.FilesDone.Load() != 1 || progress.BytesDone.Load() != size.Size() || progress.Bytes.Load() != size.Size() || progress.Phase() != "writing" || progress.Began.Load() == 0 {
		t.Errorf("%+v", progress)
	}
}

func rowTexts(rows []plan.Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, fmt.Sprintf("%+v", r))
	}
	return all
}

// A file that is written anew between its first and its second reading ends the
// run: its rejects would not be those of the rows that were loaded.
func TestFileChangesBeforeItsRejectsAreRead(t *testing.T) { eachShop(t, testFileChanges) }

func testFileChanges(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	text, err := os.ReadFile(v2)
	if err != nil {
		t.Fatal(err)
	}
	input := saveText(t, "a.csv", string(text))
	o := plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
		return true, os.WriteFile(input, append(text, "x\n"...), 0o666)
	}}
	_, err = s.open(input, "rejects/{run}.csv", t.TempDir()+"/{run}.csv").Apply(context.Background(), o)
	var drift *plan.DriftError
	if !errors.As(err, &drift) || drift.Moved[0].File != input {
		t.Errorf("got %v", err)
	}
	same(t, "after a file changed", s.dump(), before)
}

// A run that is asked to stop before it writes has changed nothing.
func TestStoppedBeforeItWrites(t *testing.T) { eachShop(t, testStopped) }

func testStopped(t *testing.T, s *shop) {
	before := s.dump()
	why := errors.New("interrupted by the test")
	intake, stop := context.WithCancelCause(context.Background())
	o := plan.ApplyOptions{Intake: intake, Confirm: func(*plan.Plan) (bool, error) {
		stop(why)
		return true, nil
	}}
	for range 2 {
		if r, err := s.open(v1).Apply(context.Background(), o); !errors.Is(err, why) || r != nil && (r.Run != "" || r.Rows != 0) {
			t.Errorf("%v, %+v", err, r)
		}
	}
	same(t, "after it was stopped", s.dump(), before)
}

// A plan of rows that the database will hardly take says so.
func TestUnfilledIsNoted(t *testing.T) {
	const ddl = "CREATE TABLE a (k int PRIMARY KEY, v text, made timestamp NOT NULL)"
	newWorlds(t, ddl, ddl, "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k}\n", func(w *world) {
		const note = "new rows of table a must have made, which the job does not fill and the database has no default for"
		_, text := w.plan("k,v", "1,a")
		has(w, text, note)
		w.exec("INSERT INTO a VALUES (1, 'b', '2024-01-01')")
		if _, text = w.plan("k,v", "1,a"); strings.Contains(text, note) {
			w.Error(text)
		}
	})
}
