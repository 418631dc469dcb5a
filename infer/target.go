package infer

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/table"
)

// A target is where values of the files can go in a table: a column of it, or the
// links of a table between it and another.
type target struct {
	to      *table.Column // the column; nil: links
	names   []name        // that a column of the files may have for it
	refers  *referred     // what its values refer to; nil: nothing
	through string        // the table between, as a job names it
}

// A referred table is one that rows refer to.
type referred struct {
	*table.Table
	name     string          // as a job writes it
	id       *table.Column   // that is referred to
	naturals []*table.Column // that tell its rows apart for a person
}

// targets returns the places of a table that a job can fill.
func targets(ctx context.Context, db *table.Catalog, t *table.Table) ([]*target, error) {
	var all []*target
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Refused != "" {
			continue
		}
		to := &target{to: c, names: []name{nameFrom(c.Name)}}
		for _, fk := range t.ForeignKeys {
			if len(fk.Columns) != 1 || fk.Columns[0] != c.Name || len(fk.RefColumns) != 1 {
				continue
			}
			r, err := refer(ctx, db, fk)
			if err != nil {
				return nil, err
			}
			if to.refers = r; len(to.names[0].words) > 1 {
				last := to.names[0].words[len(to.names[0].words)-1]
				if slices.Contains([]string{"id", "fk", "ref", r.id.Name}, last) {
					to.names = append(to.names, name{words: to.names[0].words[:len(to.names[0].words)-1]})
				}
			}
		}
		all = append(all, to)
	}
	links, err := links(ctx, db, t)
	return append(all, links...), err
}

// refer looks at the table that a foreign key of one column refers to.
func refer(ctx context.Context, db *table.Catalog, fk table.ForeignKey) (*referred, error) {
	t, called, err := db.Refer(ctx, fk.RefSchema, fk.RefTable)
	if err != nil {
		return nil, err
	}
	r := &referred{Table: t, name: called, id: t.Column(fk.RefColumns[0])}
	for _, u := range t.Uniques {
		if len(u.Parts) != 1 || u.Where != "" || u.Parts[0].Column == "" || u.Parts[0].Column == r.id.Name {
			continue
		}
		if c := t.Column(u.Parts[0].Column); lookable(c) && !slices.Contains(r.naturals, c) && !strings.ContainsAny(called+c.Name, " \t\n\"") {
			r.naturals = append(r.naturals, c)
		}
	}
	return r, nil
}

// lookable says whether values of a column can be looked for as texts.
func lookable(c *table.Column) bool {
	k := c.Type.Kind
	return c.Refused == "" && (k == row.String || k >= row.Int16 && k <= row.Int64 || k == row.UUID)
}

// creates says whether rows can be made that have nothing but a natural key.
func (r *referred) creates(by *table.Column) bool {
	k := r.id.Type.Kind
	return len(r.Unfilled([]string{by.Name})) == 0 && k >= row.Int16 && k <= row.Int64 && (r.id.Identity != table.NoIdentity || r.id.Default != "")
}

// links returns the tables between a table and another: those with just one
// foreign key to each, and nothing else that must be filled.
func links(ctx context.Context, db *table.Catalog, t *table.Table) (all []*target, err error) {
	for _, fk := range t.Referrers {
		between, called, err := db.Refer(ctx, fk.Schema, fk.Table)
		if err != nil {
			continue // it is not for this user to see
		}
		if len(fk.Columns) != 1 || len(between.ForeignKeys) != 2 || strings.ContainsAny(called, " \t\n\"") {
			continue
		}
		other := between.ForeignKeys[0]
		if other.RefTable == t.Name && other.RefSchema == t.Schema {
			other = between.ForeignKeys[1]
		}
		if len(other.Columns) != 1 || len(other.RefColumns) != 1 || other.RefTable == t.Name || len(between.Unfilled([]string{fk.Columns[0], other.Columns[0]})) > 0 {
			continue
		}
		r, err := refer(ctx, db, other)
		if err != nil {
			return nil, err
		}
		own := nameFrom(t.Name).words
		all = append(all, &target{refers: r, through: called, names: []name{nameFrom(between.Name).without(own), nameFrom(r.Name).without(own), nameFrom(r.Name)}})
	}
	return all, nil
}
