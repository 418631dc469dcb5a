package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
)

// A saved plan is a plan of which the rows stay in the database, and the rest
// twice: in the user's file, and beside the rows. An apply takes it up if both
// agree, and if nothing that it was made of has moved.

// keptFor is how long the rows of a saved plan are kept.
const keptFor = 7 * 24 * time.Hour

// Why a database has no plan to take up.
var (
	errGone  = errors.New("the rows of the saved plan are not in the database")
	errOther = errors.New("the rows of the saved plan in the database are not those that were saved: nothing was changed; plan again")
)

// A keptPlan is what a database keeps of a plan as JSON: all but the rows that
// change.
type keptPlan struct {
	Plan  json.RawMessage // the plan as it was saved, but for its checksum
	Began time.Time       // the run that saved it
	Load  keptLoad
	Table *Table          // as it was compared
	Other []*Table        // that the plan relies on, as far as it does: see target.others
	Own   json.RawMessage `json:",omitempty"` // the database's own
	saved plan.Saved
	plan  *plan.Plan
}

// A keptLoad is a load. Of its files the plan has the rest.
type keptLoad struct {
	Before        []int64
	Rows, Rejects int64
	First         []keptRow
	Refused       [][2]int64 // row, fault
	Faults        []byte
	Keys          map[int64]plan.Values `json:",omitempty"`
	Remarks       []string
}

type keptRow struct {
	Number int64
	Row    plan.Row
}

// keep keeps the plan by an ID.
func (r *run) keep(ctx context.Context, p *plan.Plan, id string) error {
	p.Table.Saved = &plan.Saved{ID: id, Until: p.Created.Add(keptFor)}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	k := &keptPlan{Plan: text, Began: r.began, Load: r.loaded.keep(), Table: r.target.Table, Other: r.target.others(), saved: *p.Table.Saved, plan: p}
	p.Table.Saved.Sum, err = r.comparison.keep(ctx, k)
	return err
}

func (l *load) keep() keptLoad {
	k := keptLoad{Rows: l.rows, Rejects: l.rejects, Faults: l.refused.text, Keys: l.keys, Remarks: l.remarks}
	for _, p := range l.files {
		k.Before = append(k.Before, p.before)
	}
	for _, b := range l.first {
		k.First = append(k.First, keptRow{b.number, b.Row})
	}
	for _, f := range l.refused.rows {
		k.Refused = append(k.Refused, [2]int64{f.number, int64(f.fault)})
	}
	return k
}

// load is the load that was kept. Where its files are is not known yet.
func (k *keptPlan) load() *load {
	l := &load{rows: k.Load.Rows, rejects: k.Load.Rejects, remarks: k.Load.Remarks, keys: k.Load.Keys, refused: refusals{text: k.Load.Faults}}
	for i, f := range k.plan.Table.Files {
		l.files = append(l.files, part{&source.File{File: f}, k.Load.Before[i]})
	}
	for _, b := range k.Load.First {
		l.first = append(l.first, badRow{b.Number, b.Row})
	}
	for _, f := range k.Load.Refused {
		l.refused.rows = append(l.refused.rows, refusedRow{f[0], int(f[1])})
	}
	return l
}

// marshal is what a database keeps.
func (k *keptPlan) marshal() ([]byte, error) { return json.Marshal(k) }

// readKept reads what a database has kept.
func readKept(text []byte) (*keptPlan, error) {
	k := &keptPlan{}
	err := json.Unmarshal(text, k)
	if err == nil {
		k.plan = &plan.Plan{}
		d := json.NewDecoder(bytes.NewReader(k.Plan))
		d.UseNumber()
		err = d.Decode(k.plan)
	}
	if err != nil || k.plan.Table == nil || k.plan.Table.Saved == nil || len(k.Load.Before) != len(k.plan.Table.Files) {
		return nil, errOther
	}
	k.saved = *k.plan.Table.Saved
	return k, nil
}

// others are the tables of look-ups and links, as far as a plan relies on them:
// of one that is only read the columns that are, one that is written as a whole.
// What refers to them does not matter.
func (t *target) others() (list []*Table) {
	read := func(of *Table, columns ...*Column) {
		out := &Table{Schema: of.Schema, Name: of.Name}
		for _, c := range columns {
			out.Columns = append(out.Columns, *c)
		}
		list = append(list, out)
	}
	written := func(of *Table) {
		out := *of
		out.Referrers = nil
		list = append(list, &out)
	}
	for _, c := range slices.Concat(t.columns, t.links) {
		switch {
		case c.lookup == nil:
		case c.lookup.create:
			written(c.lookup.Table)
		default:
			read(c.lookup.Table, c.lookup.by, c.lookup.id)
		}
		if c.link != nil {
			written(c.link.Table)
		}
	}
	return list
}

// restore takes up a plan that was saved, as compare makes one.
func (r *run) restore(ctx context.Context, p *plan.Plan) error {
	switch {
	case p.Table == nil || p.Table.Saved == nil:
		return &spec.UsageError{Err: fmt.Errorf("job %s loads a table, and the saved plan is none of a table: plan again", r.Job.Name)}
	case p.Job != r.Job.Name || p.Hash != r.hash:
		return &plan.DriftError{Moved: []plan.Problem{{File: p.JobFile, Why: "the job or its params have changed"}}}
	}
	files, err := r.unmoved(ctx, p.Table.Files)
	if err != nil {
		return err
	}
	if err := r.without(ctx, files); err != nil {
		return err
	}
	var k *keptPlan
	r.comparison, k, err = r.db.kept(ctx, r.target, *p.Table.Saved, 0)
	if errors.Is(err, errGone) {
		return r.gone(ctx, p)
	}
	if err != nil {
		return err
	}
	if err = k.same(p); err == nil {
		err = k.unaltered(r.target)
	}
	if err != nil {
		r.comparison.drop(ctx)
		return err
	}
	r.counts, r.record.Plan = p.Counts, p.Table.Saved.ID
	r.mapped.ID, r.mapped.Time = p.Table.Saved.ID, k.Began
	r.found(files)
	return nil
}

// found says where the files of a plan that was kept are.
func (r *run) found(files []*source.File) {
	r.loaded = r.comparison.loaded()
	for i := range files {
		r.loaded.files[i].File = files[i]
	}
}

// unmoved finds the files of a plan again, if they are what they were.
func (r *run) unmoved(ctx context.Context, were []plan.File) (files []*source.File, err error) {
	found, err := r.files.Find(ctx)
	if err != nil {
		return nil, err
	}
	var moved []plan.Problem
	for _, was := range were {
		i := slices.IndexFunc(found, func(f *source.File) bool { return f.Source == was.Source })
		why := "the source is gone"
		if i >= 0 {
			if why = plan.Drift(was, found[i].File); why != "" && was.Source == source.Stdin {
				why = "standard input is not what the plan was made of: give it the same once more"
			}
			files = append(files, found[i])
		}
		if why != "" {
			moved = append(moved, plan.Problem{File: was.Source, Why: why})
		}
	}
	for _, f := range found {
		if f.ETag == "" || slices.ContainsFunc(were, func(was plan.File) bool { return was.Source == f.Source }) {
			continue
		}
		if r.target.mirrors() {
			moved = append(moved, plan.Problem{File: f.Source, Why: "it was not there, and may have rows that a mirror without it deletes"})
		} else {
			r.note(f, "it was not there when the plan was saved, and is left out")
		}
	}
	return files, driftOf(moved)
}

// same refuses a saved plan that is not the one that was kept.
func (k *keptPlan) same(p *plan.Plan) error {
	table := *p.Table
	saved := *table.Saved
	saved.Sum, table.Saved = "", &saved
	same := *p
	same.Table = &table
	text, err := json.Marshal(&same)
	if err != nil {
		return err
	}
	if !bytes.Equal(text, k.Plan) {
		return &spec.UsageError{Err: errors.New("the saved plan was changed since it was written: nothing was changed; plan again")}
	}
	return nil
}

// unaltered refuses tables that are not as they were.
func (k *keptPlan) unaltered(now *target) error {
	var moved []plan.Problem
	add := func(t *Table, what string) {
		if what != "" {
			moved = append(moved, plan.Problem{File: t.Name, Why: "the table was altered since it was compared: " + what})
		}
	}
	add(k.Table, altered(k.Table, asKept(now.Table)))
	others := now.others()
	for i, was := range k.Other {
		if i < len(others) { // as it is with the same job
			add(was, altered(was, asKept(others[i])))
		}
	}
	return driftOf(moved)
}

// asKept is a table as it comes back after it was kept: what is empty may be
// nil, or not.
func asKept(t *Table) *Table {
	out := &Table{}
	text, err := json.Marshal(t)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		return t
	}
	return out
}

// moved says that n rows, none or others, are what a value now stands for.
func (l *lookup) moved(value string, n int) plan.Problem {
	why := "is another since it was looked up"
	if n == 0 {
		why = "was removed or renamed since it was looked up"
	}
	return plan.Problem{File: l.Name, Why: fmt.Sprintf("the row whose %s is %q %s", l.by.Name, value, why)}
}

// gone says why the rows of a saved plan are not in the database, if that is
// known.
func (r *run) gone(ctx context.Context, p *plan.Plan) error {
	saved := p.Table.Saved
	why := "its rows are not in this database"
	if runs, err := r.db.runs(ctx, r.Job.Name); err != nil {
		return err
	} else if i := slices.IndexFunc(runs, func(run plan.Run) bool { return run.Plan == saved.ID }); i >= 0 {
		why = "run " + runs[i].ID + " has applied it"
		if all := runs[i].Counts.Written(); runs[i].Rows < all {
			why = fmt.Sprintf("run %s has written %d of its %s, and has ended", runs[i].ID, runs[i].Rows, count(all, "row"))
		}
	} else if time.Now().After(saved.Until) {
		why = "its rows were kept until " + saved.Until.Format(time.RFC3339)
	}
	return fmt.Errorf("the saved plan cannot be applied: %s: nothing was changed; plan again", why)
}
