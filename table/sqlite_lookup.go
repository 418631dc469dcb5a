package table

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-128c3863/sluice/row"
)

// A sqliteLooker knows which rows natural keys stand for. It asks the database
// for those of a batch that it does not know yet, all at once, so that equality
// is the database's.
type sqliteLooker struct {
	*lookup
	*sqlite
	ids   map[string][][]byte // by stored key: stored IDs; none, or more than one, is a fault
	made  []madeRow           // rows that are yet to be made
	folds map[string]int      // of made, by what the database takes for equal
	names map[string]any      // by stored ID: the key, to be shown
	buf   []byte
}

// A madeRow is a row of a look-up's table that is yet to be made.
type madeRow struct {
	key  []byte
	used bool   // a row that is written refers to it
	id   []byte // when it is made
}

// A sqliteLook is a looker as one column uses it.
type sqliteLook struct {
	*sqliteLooker
	c     *binding
	store storeField
}

// newLooks makes a looker for each look-up, which its columns share.
func (d *sqlite) newLooks(t *target) (map[*binding]*sqliteLook, error) {
	looks := map[*binding]*sqliteLook{}
	for _, group := range t.lookups() {
		k := &sqliteLooker{lookup: group[0].lookup, sqlite: d, ids: map[string][][]byte{}, folds: map[string]int{}, names: map[string]any{}}
		for _, c := range group {
			of := *c.col.Type
			if of.Kind == row.List {
				of = *of.Elem
			}
			store, err := storeFieldOf(of, c.lookup.by)
			if err != nil {
				return nil, err
			}
			looks[c] = &sqliteLook{k, c, store}
		}
	}
	return looks, nil
}

// know asks for the keys in a column that are not known.
func (k *sqliteLook) know(ctx context.Context, c *row.Column) error {
	if c.Elem != nil {
		c = c.Elem
	}
	var wanted []string
	for r := range c.Len() {
		var err error
		if k.buf, err = k.store(k.buf[:0], c, r); err != nil || c.Null[r] {
			continue // find tells it
		}
		if _, ok := k.ids[string(k.buf)]; !ok {
			k.ids[string(k.buf)] = nil
			wanted = append(wanted, string(k.buf))
		}
	}
	if wanted == nil {
		return nil
	}
	return k.ask(ctx, wanted, func(key string, id []byte) { k.ids[key] = append(k.ids[key], id) })
}

// ask finds the IDs of keys.
func (k *sqliteLooker) ask(ctx context.Context, wanted []string, found func(key string, id []byte)) error {
	err := k.give(ctx, "keys", "x", func() (rowFeed, error) {
		i := 0
		return func() ([]driver.Value, error) {
			if i++; i > len(wanted) {
				return nil, nil
			}
			return []driver.Value{valueStored([]byte(wanted[i-1]))}, nil
		}, nil
	})
	if err != nil {
		return err
	}
	query := fmt.Sprintf("SELECT s.rowid AS v0, l.%s AS v1 FROM temp.sluice_keys AS s CROSS JOIN %s AS l ON l.%s = s.x", quoteName(k.id.Name), k.lookup.sqlName(), quoteName(k.by.Name))
	return k.scan(ctx, query, 2, func(v []driver.Value) error {
		found(wanted[v[0].(int64)-1], putValue(nil, v[1]))
		return nil
	})
}

// find returns the ID for value r, which is not null.
func (k *sqliteLook) find(v *row.Column, r int) ([]byte, *row.Reject) {
	var err error
	if k.buf, err = k.store(k.buf[:0], v, r); err != nil {
		return nil, refusal(k.c, keyText(v, r), "%w", err)
	}
	ids := k.ids[string(k.buf)]
	switch {
	case len(ids) == 1 && (ids[0][0] != storedMade || k.c.lookup.create):
		return ids[0], nil
	case len(ids) > 1:
		return nil, k.notOne(k.c, keyText(v, r), len(ids))
	case k.c.lookup.create:
		return k.make(), nil
	case k.c.lookup.null:
		return nil, nil
	}
	return nil, k.notOne(k.c, keyText(v, r), 0)
}

// make returns the provisional ID of the key in buf.
func (k *sqliteLooker) make() []byte {
	fold := string(foldStored(nil, k.buf, k.by.Collation))
	n, ok := k.folds[fold]
	if !ok {
		n = len(k.made)
		k.folds[fold] = n
		k.made = append(k.made, madeRow{key: append([]byte(nil), k.buf...)})
	}
	id := binary.AppendUvarint([]byte{storedMade}, uint64(n))
	k.ids[string(k.buf)] = [][]byte{id}
	return id
}

// append appends the ID for value r.
func (k *sqliteLook) append(b []byte, v *row.Column, r int) ([]byte, *row.Reject) {
	if v.Null[r] {
		return append(b, storedNull), nil
	}
	id, bad := k.find(v, r)
	switch {
	case bad != nil:
		return b, bad
	case id == nil && k.c.to.NotNull:
		return b, k.notNull(k.c, keyText(v, r))
	case id == nil:
		return append(b, storedNull), nil
	}
	return append(b, id...), nil
}

// name returns the key of an ID, as a plan shows it.
func (k *sqliteLooker) name(ctx context.Context, id []byte) (any, error) {
	if id[0] == storedNull {
		return nil, nil
	}
	if id[0] == storedMade {
		n, _ := binary.Uvarint(id[1:])
		return k.keyShown(k.made[n].key), nil
	}
	if name, ok := k.names[string(id)]; ok {
		return name, nil
	}
	query := fmt.Sprintf("SELECT %s AS v0 FROM %s WHERE %s = ?", quoteName(k.by.Name), k.lookup.sqlName(), quoteName(k.id.Name))
	var name any
	err := k.scan(ctx, query, 1, func(v []driver.Value) error {
		name = k.keyShown(putValue(nil, v[0]))
		return nil
	}, valueStored(id))
	k.names[string(id)] = name
	return name, err
}

// keyShown is a key as a plan shows it.
func (k *sqliteLooker) keyShown(key []byte) any {
	return shown(k.by.Type.Kind, k.by.Type.Scale, key)
}

// lookedUp reports whether a field is the ID of a row that was found.
func lookedUp(field []byte) bool { return field[0] != storedNull && field[0] != storedMade }

// eachFound gives the keys of look-ups that were found for the rows which are
// written, some at a time.
func (s *sqliteImport) eachFound(each func(k *sqliteLooker, keys []string) error) error {
	used := map[*sqliteLooker]map[string]bool{}
	for _, group := range s.lookups() {
		used[s.looks[group[0]].sqliteLooker] = map[string]bool{}
	}
	if len(used) == 0 {
		return nil
	}
	err := s.eachWritten(func(fields []byte) {
		s.eachField(fields, func(c *binding, field []byte) {
			if c.lookup != nil && lookedUp(field) {
				if ids := used[s.looks[c].sqliteLooker]; !ids[string(field)] {
					ids[string(field)] = true
				}
			}
		})
	})
	for k, ids := range used {
		var keys []string
		for key, found := range k.ids {
			if len(found) == 1 && ids[string(found[0])] {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for some := range slices.Chunk(keys, chunkRows) {
			if err == nil {
				err = each(k, some)
			}
		}
	}
	return err
}
