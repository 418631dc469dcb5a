package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// A sqliteTarget is a target as SQLite keeps it.
type sqliteTarget struct {
	*target
	inKey []bool   // by column: it is part of the key
	fixed []bool   // by column: it stays as it is in a row that is updated
	ids   []string // what tells its rows apart: the rowid, or the primary key; quoted
	idAt  []int    // by ids: the loaded column of the same name; nil: SQLite numbers the rows
	ownAt []int    // by links: the loaded column that they refer to; -1: the rowid
}

func newSQLiteTarget(t *target) (*sqliteTarget, error) {
	s, fixed := &sqliteTarget{target: t}, t.fixed()
	for _, c := range t.columns {
		s.fixed = append(s.fixed, slices.Contains(fixed, c))
		s.inKey = append(s.inKey, slices.Contains(t.key, c))
		if collation := c.to.Collation; collation != "" && collation != "NOCASE" && collation != "RTRIM" {
			return nil, fmt.Errorf("column %s of table %s has the collation %s, which SQLite itself does not know", c.to.Name, t.Name, collation)
		}
	}
	alias := t.rowid()
	if t.WithoutRowID {
		for _, name := range t.PrimaryKey() {
			at := s.loadedAt(name)
			if at < 0 {
				return nil, fmt.Errorf("table %s has no row numbers, and its column %s, a part of the primary key, is not loaded", t.Name, name)
			}
			s.ids, s.idAt = append(s.ids, quoteName(name)), append(s.idAt, at)
		}
	} else {
		s.ids = []string{alias}
		if at := slices.IndexFunc(t.columns, func(c *binding) bool { return quoteName(c.to.Name) == alias }); at >= 0 {
			s.idAt = []int{at}
		}
	}
	for _, c := range t.links {
		at := s.loadedAt(c.link.ownID.Name)
		if at < 0 && quoteName(c.link.ownID.Name) != alias {
			return nil, fmt.Errorf("table %s refers to column %s of table %s, which is not loaded", c.link.Name, c.link.ownID.Name, t.Name)
		}
		s.ownAt = append(s.ownAt, at)
	}
	return s, nil
}

func (t *target) loadedAt(name string) int {
	return slices.IndexFunc(t.columns, func(c *binding) bool { return c.to.Name == name })
}

// rowid returns the name of the number of rows, quoted: that of the column that
// stands for it, or one that no column has taken; "" without any.
func (t *Table) rowid() string {
	if t.WithoutRowID {
		return ""
	}
	for _, c := range t.Columns {
		if c.Identity != NoIdentity {
			return quoteName(c.Name)
		}
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(t.Columns, func(c Column) bool { return strings.EqualFold(c.Name, name) }) {
			return name
		}
	}
	return ""
}

// numbered reports whether its rows keep what they are told apart by: VACUUM may
// give them another number of which there is no column.
func (t *Table) numbered() bool { return t.WithoutRowID || strings.HasPrefix(t.rowid(), `"`) }

// asIs tells of the loaded columns which are read as in whole rows: those of no
// affinity, the key apart, which is compared by its bytes; nil: none.
func (t *sqliteTarget) asIs() (asIs []bool) {
	for n, c := range t.columns {
		if c.to.Affinity == "BLOB" && !slices.Contains(t.key, c) {
			if asIs == nil {
				asIs = make([]bool, len(t.columns))
			}
			asIs[n] = true
		}
	}
	return asIs
}

// A rowChunk is some rows of the target: for each its IDs, the loaded columns,
// and a set for each link.
type rowChunk struct {
	rows  [][]byte
	width int // IDs
	recs  []byte
	ends  []int
	sets  [][]chunkLink // by link
}

// A chunkLink is one element of the set of a row of the chunk.
type chunkLink struct {
	row int
	id  []byte
}

// chunkRows is how many rows of the target are read at once.
const chunkRows = 4096

// A rowQuery says which rows of the target, t, are read.
type rowQuery struct {
	from, where, order string
	limit              int // 0: none; with one there is an order
	args               []driver.Value
}

// above are the next rows behind an ID, in their order; nil: the first.
func (t *sqliteTarget) above(last []byte) rowQuery {
	q := rowQuery{from: t.sqlName() + " AS t", order: " ORDER BY " + t.idList("t.%c"), limit: chunkRows}
	if last != nil {
		q.where = " WHERE " + t.bound(">")
		q.args, _ = takeValues(nil, last, len(t.ids))
	}
	return q
}

func (t *sqliteTarget) bound(op string) string {
	return fmt.Sprintf("(%s) %s (%s)", t.idList("t.%c"), op, t.idList("?"))
}

// at are the rows of the IDs that temp.sluice_ids gives, in that order.
func (t *sqliteTarget) at() rowQuery {
	on := make([]string, len(t.ids))
	for i, id := range t.ids {
		on[i] = fmt.Sprintf("t.%s = s.sluice_i%d", id, i)
	}
	return rowQuery{from: "temp.sluice_ids AS s CROSS JOIN " + t.sqlName() + " AS t ON " + strings.Join(on, " AND ")}
}

// withKeys are the rows that have the keys sluice_i0, ... of temp.sluice_<name>, s.
func (t *sqliteTarget) withKeys(name string) rowQuery {
	var on []string
	for i, c := range t.columns {
		if t.inKey[i] {
			on = append(on, fmt.Sprintf("t.%s IS s.sluice_i%d", quoteName(c.to.Name), len(on)))
		}
	}
	return rowQuery{from: "temp.sluice_" + name + " AS s CROSS JOIN " + t.sqlName() + " AS t ON " + strings.Join(on, " AND ")}
}

// idList joins what a pattern gives for each ID: %c is its name.
func (t *sqliteTarget) idList(pattern string) string {
	parts := make([]string, len(t.ids))
	for i, id := range t.ids {
		parts[i] = strings.ReplaceAll(pattern, "%c", id)
	}
	return strings.Join(parts, ", ")
}

// read fills a chunk.
func (d *sqlite) read(ctx context.Context, t *sqliteTarget, q rowQuery, k *rowChunk) error {
	k.width = len(t.ids)
	var values []string
	for _, id := range t.ids {
		values = append(values, "t."+id)
	}
	for _, c := range t.columns {
		values = append(values, "t."+quoteName(c.to.Name))
	}
	k.recs, k.ends = k.recs[:0], k.ends[:0]
	limit := -1
	if q.limit > 0 {
		limit = q.limit
	}
	asIs := t.asIs()
	err := d.scanSome(ctx, selectValues(values, q), limit, len(values), func(v []driver.Value) error {
		for i := range v {
			if n := i - len(t.ids); n >= 0 && asIs != nil && asIs[n] {
				k.recs = putWhole(k.recs, v[i:i+1])
			} else {
				k.recs = putValue(k.recs, v[i])
			}
		}
		k.ends = append(k.ends, len(k.recs))
		return nil
	}, q.args...)
	if err != nil || len(k.ends) == 0 {
		k.rows = k.rows[:0]
		return err
	}
	k.sets = slices.Grow(k.sets[:0], len(t.links))[:len(t.links)]
	for i, c := range t.links {
		if k.sets[i], err = d.readLinks(ctx, t, c, q, k, k.sets[i][:0]); err != nil {
			return err
		}
	}
	k.join()
	return nil
}

// selectValues is a query of values. A limit keeps the order of a subquery.
func selectValues(values []string, q rowQuery) string {
	named := make([]string, len(values))
	for i, v := range values {
		named[i] = fmt.Sprintf("%s AS v%d", v, i)
	}
	return "SELECT " + strings.Join(named, ", ") + " FROM " + q.from + q.where + q.order
}

// readLinks reads the links of the rows of a chunk, in the order of the rows.
func (d *sqlite) readLinks(ctx context.Context, t *sqliteTarget, c *binding, q rowQuery, k *rowChunk, into []chunkLink) ([]chunkLink, error) {
	own, other, through := "k."+quoteName(c.link.own.Name), "k."+quoteName(c.link.other.Name), c.link.sqlName()+" AS k"
	var values []string
	for _, id := range t.ids {
		values = append(values, "t."+id)
	}
	if q.order != "" { // a range, from the first row of the chunk to its last
		last, _ := takeValues(nil, k.recs[k.begin(len(k.ends)-1):], k.width)
		q.args = append(slices.Clone(q.args), last...)
		if q.where == "" {
			q.where = " WHERE "
		} else {
			q.where += " AND "
		}
		q.where += t.bound("<=")
		q.order = " ORDER BY " + t.idList("t.%c") + ""
	}
	if q.order != "" && len(t.ids) == 1 && t.ids[0] == quoteName(c.link.ownID.Name) {
		q.from, values = through, []string{own}
		q.where, q.order = strings.ReplaceAll(q.where, "t."+t.ids[0], own), strings.ReplaceAll(q.order, "t."+t.ids[0], own)
	} else {
		q.from += " CROSS JOIN " + through + " ON " + own + " = t." + quoteName(c.link.ownID.Name)
	}
	at := 0
	var id []byte
	err := d.scan(ctx, selectValues(append(values, other), q), len(values)+1, func(v []driver.Value) error {
		id = id[:0]
		for _, one := range v[:len(v)-1] {
			id = putValue(id, one)
		}
		for i := at; i < len(k.ends); i++ {
			if bytes.HasPrefix(k.recs[k.begin(i):k.ends[i]], id) {
				at = i
				into = append(into, chunkLink{i, putValue(nil, v[len(v)-1])})
				break
			}
		}
		return nil
	}, q.args...)
	return into, err
}

func (k *rowChunk) begin(i int) int {
	if i == 0 {
		return 0
	}
	return k.ends[i-1]
}

// join puts the sets behind the columns.
func (k *rowChunk) join() {
	out := make([]byte, 0, len(k.recs)+8*len(k.ends))
	ends := make([]int, len(k.ends))
	at := make([]int, len(k.sets))
	var set [][]byte
	for i := range k.ends {
		out = append(out, k.recs[k.begin(i):k.ends[i]]...)
		for l, links := range k.sets {
			set = set[:0]
			for ; at[l] < len(links) && links[at[l]].row == i; at[l]++ {
				set = append(set, links[at[l]].id)
			}
			out = putSet(out, sorted(set))
		}
		ends[i] = len(out)
	}
	k.rows = k.rows[:0]
	begin := 0
	for _, end := range ends {
		k.rows = append(k.rows, out[begin:end:end])
		begin = end
	}
}

// row returns the IDs and the record of a row of the chunk.
func (k *rowChunk) row(i int) (ids, fields []byte) { return cutStored(k.rows[i], k.width) }
