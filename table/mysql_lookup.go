package table

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A mysqlLooker knows which rows natural keys stand for. It asks the database for
// those of a batch that it does not know yet, all at once, so that equality is
// the database's.
//
// Where rows are created, a text that is not there stands for an ID below every
// one that there is, until it has its own: text i of made for below - 1 - i.
type mysqlLooker struct {
	*lookup
	*mysql
	keys  string              // a temporary table of keys that are asked for: n, x
	fresh string              // one of those that are made
	ids   map[string][]string // by text of the key; none, or more than one, is a fault
	made  []string
	names map[string]string // by ID: the key, to be shown
	below int64
}

func (m *mysql) newLooker(ctx context.Context, i int, l *lookup) (*mysqlLooker, error) {
	k := &mysqlLooker{lookup: l, mysql: m, keys: fmt.Sprintf("sluice_keys%d", i), fresh: fmt.Sprintf("sluice_fresh%d", i), ids: map[string][]string{}}
	if l.create {
		if err := m.side.QueryRowContext(ctx, fmt.Sprintf("SELECT least(coalesce(min(%s), 0), 0) FROM %s", quoteName(l.id.Name), l.sqlName())).Scan(&k.below); err != nil {
			return nil, err
		}
		if strings.Contains(l.id.Declared, "unsigned") {
			return nil, fmt.Errorf("rows of table %s are to be created, whose %s is %s: of MySQL sluice creates rows with signed numbers alone, so far", l.Name, l.id.Name, l.id.Declared)
		}
	}
	for _, name := range []string{k.keys, k.fresh} {
		for _, sql := range []string{"DROP TEMPORARY TABLE IF EXISTS " + name, fmt.Sprintf("CREATE TEMPORARY TABLE %s (n bigint, x %s) ENGINE=InnoDB", name, l.by.Base)} {
			if _, err := m.side.ExecContext(ctx, sql); err != nil {
				return nil, err
			}
		}
	}
	return k, nil
}

// know asks for the keys in a column that are not known.
func (k *mysqlLooker) know(ctx context.Context, c *binding, v *row.Column) error {
	if v.Elem != nil {
		v = v.Elem
	}
	write, err := textFieldOf(v.Type, k.by)
	if err != nil {
		return err
	}
	var wanted []string
	var rows, text []byte
	for r := range v.Len() {
		if v.Null[r] {
			continue
		}
		key := keyText(v, r)
		if _, ok := k.ids[key]; ok {
			continue
		}
		if text, err = write(text[:0], v, r); err != nil {
			continue // find tells it
		}
		k.ids[key] = nil
		wanted = append(wanted, key)
		rows = fmt.Appendf(rows, "(%d,%s),", len(wanted), k.by.asTyped(string(appendQuoted(nil, text))))
	}
	if wanted == nil {
		return nil
	}
	if err := k.give(ctx, k.keys, rows); err != nil {
		return err
	}
	err = textsOf(ctx, k.side, fmt.Sprintf("SELECT v.n, l.%s FROM %s v JOIN %s l ON l.%s = v.x", quoteName(k.lookup.id.Name), k.keys, k.sqlName(), quoteName(k.by.Name)), func(v []*string) error {
		n, err := strconv.Atoi(*v[0])
		if err == nil {
			k.ids[wanted[n-1]] = append(k.ids[wanted[n-1]], orEmpty(v[1]))
		}
		return err
	})
	if err != nil || !k.create {
		return err
	}
	return k.make(ctx, wanted)
}

// give fills a temporary table with rows.
func (k *mysqlLooker) give(ctx context.Context, table string, rows []byte) error {
	if _, err := k.side.ExecContext(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	return k.put(ctx, table, rows)
}

func (k *mysqlLooker) put(ctx context.Context, table string, rows []byte) error {
	_, err := k.side.ExecContext(ctx, "INSERT INTO "+table+" (n, x) VALUES "+string(rows[:len(rows)-1]))
	return err
}

// make gives texts that are not there an ID for the time being: those that are
// equal to the database the same.
func (k *mysqlLooker) make(ctx context.Context, wanted []string) error {
	first := len(k.made)
	var rows []byte
	for _, text := range wanted {
		if k.ids[text] == nil {
			k.made = append(k.made, text)
			k.ids[text] = []string{k.code(len(k.made) - 1)}
			rows = fmt.Appendf(rows, "(%d,%s),", len(k.made), appendQuoted(nil, []byte(text)))
		}
	}
	if len(k.made) == first {
		return nil
	}
	if err := k.give(ctx, k.keys, rows); err != nil {
		return err
	}
	if err := k.put(ctx, k.fresh, rows); err != nil {
		return err
	}
	return textsOf(ctx, k.side, fmt.Sprintf("SELECT v.n, min(w.n) FROM %s v JOIN %s w ON v.x = w.x GROUP BY v.n HAVING min(w.n) <> v.n", k.keys, k.fresh), func(v []*string) error {
		n, err := strconv.Atoi(*v[0])
		if err != nil {
			return err
		}
		same, err := strconv.Atoi(*v[1])
		k.ids[k.made[n-1]] = []string{k.code(same - 1)}
		return err
	})
}

// code is the ID that text i of made has for the time being.
func (k *mysqlLooker) code(i int) string { return strconv.FormatInt(k.below-1-int64(i), 10) }

// makes reports whether an ID is one for the time being.
func (k *mysqlLooker) makes(id string) bool {
	v, err := strconv.ParseInt(id, 10, 64)
	return k.create && err == nil && v < k.below
}

// find returns the ID for value r, which is not null; "" is null.
func (k *mysqlLooker) find(c *binding, v *row.Column, r int) (string, *row.Reject) {
	text := keyText(v, r)
	ids := k.ids[text]
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0 && c.lookup.null:
		return "", nil
	}
	return "", k.notOne(c, text, len(ids))
}

// id returns the ID for value r of a column, which is not null; "" is null.
func (k *mysqlLooker) id(c *binding, v *row.Column, r int) (string, *row.Reject) {
	id, bad := k.find(c, v, r)
	if bad == nil && id == "" && c.to.NotNull {
		bad = k.notNull(c, keyText(v, r))
	}
	return id, bad
}

// appendSet appends the IDs for list r without repetition, in order, with commas
// between.
func (k *mysqlLooker) appendSet(b []byte, c *binding, v *row.Column, r int) ([]byte, *row.Reject) {
	start := 0
	if r > 0 {
		start = v.Ends[r-1]
	}
	var ids []int64
	for e := start; e < v.Ends[r]; e++ {
		if v.Elem.Null[e] {
			continue
		}
		id, bad := k.find(c, v.Elem, e)
		if bad != nil {
			return b, bad
		}
		if id != "" {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return b, refusal(c, keyText(v.Elem, e), "%w", err)
			}
			ids = append(ids, n)
		}
	}
	slices.Sort(ids)
	for i, id := range slices.Compact(ids) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return b, nil
}
