package table

import "github.com/seed-128c3863/sluice/plan"

// ops are what plans and journals of PostgreSQL and MySQL note of a row.
var ops = map[string]plan.State{"n": plan.New, "u": plan.Update, "d": plan.Delete, "": plan.Unchanged}

// undoes are the states of what takes rows of a state back.
var undoes = map[string]plan.State{"new": plan.Delete, "update": plan.Update, "delete": plan.New}

// distinct are the uniques that a row put back might be against: those of the
// table, and the key of the job if it is none of them.
func (t *target) distinct() (all []*Unique) {
	keyed := len(t.key) == 0
	for i := range t.Uniques {
		all = append(all, &t.Uniques[i])
		keyed = keyed || sameNames(t.Uniques[i].columns(), t.keyNames())
	}
	if !keyed {
		key := &Unique{}
		for _, name := range t.keyNames() {
			key.Parts = append(key.Parts, Part{Column: name})
		}
		all = append(all, key)
	}
	return all
}
