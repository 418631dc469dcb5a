package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/row"
)

// A looker knows which rows natural keys stand for. It asks the database for
// those of a batch that it does not know yet, all at once, so that equality is
// the database's.
//
// Where rows are created, a text that is not there stands for an ID below every
// one that there is, until it has its own: text i of made for below - 1 - i.
type looker struct {
	*lookup
	conn  *pgx.Conn
	oid   uint32              // of the IDs' type
	ids   map[string][][]byte // by text of the key: IDs in binary form; none, or more than one, is a fault
	made  []string
	equal string // how texts of the key are compared: its type and collation
	below int64
}

func newLooker(ctx context.Context, conn *pgx.Conn, l *lookup) (*looker, error) {
	k := &looker{lookup: l, conn: conn, ids: map[string][][]byte{}}
	of, err := collations(ctx, conn, l.Table)
	if err != nil {
		return nil, err
	}
	k.equal = l.by.Base + of[l.by.Name]
	if k.oid, err = one[uint32](ctx, conn, "SELECT $1::text::regtype::oid", l.id.Base); err == nil && l.create {
		k.below, err = one[int64](ctx, conn, fmt.Sprintf("SELECT least(min(%s), 0) FROM %s", quoteName(l.id.Name), l.sqlName()))
	}
	return k, err
}

// know asks for the keys in a column that are not known.
func (k *looker) know(ctx context.Context, c *row.Column) error {
	if c.Elem != nil {
		c = c.Elem
	}
	var wanted []string
	for r := range c.Len() {
		if c.Null[r] {
			continue
		}
		text := keyText(c, r)
		if _, ok := k.ids[text]; !ok {
			k.ids[text] = nil
			wanted = append(wanted, text)
		}
	}
	if wanted == nil {
		return nil
	}
	sql := fmt.Sprintf("SELECT v.n, l.%s FROM unnest($1::text[]) WITH ORDINALITY v (x, n) JOIN %s l ON l.%s = v.x::%s",
		quoteName(k.id.Name), k.sqlName(), quoteName(k.by.Name), k.by.Base)
	rows, err := k.conn.Query(ctx, sql, pgx.QueryResultFormats{pgx.BinaryFormatCode}, wanted)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues()
		text := wanted[binary.BigEndian.Uint64(v[0])-1]
		k.ids[text] = append(k.ids[text], bytes.Clone(v[1]))
	}
	if rows.Err() != nil || !k.create {
		return rows.Err()
	}
	return k.make(ctx, slices.DeleteFunc(wanted, func(text string) bool { return k.ids[text] != nil }))
}

// make gives texts that are not there an ID for the time being: those that are
// equal to the database the same.
func (k *looker) make(ctx context.Context, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	first := len(k.made)
	k.made = append(k.made, texts...)
	for i, text := range texts {
		k.ids[text] = [][]byte{k.code(first + i)}
	}
	if t := k.by.Type; k.by.Collation == "" && (t.Kind != row.Decimal || t.Precision > 0) {
		return nil // the same value is the same text
	}
	rows, err := k.conn.Query(ctx, fmt.Sprintf(`SELECT v.n, min(w.n) FROM unnest($1::text[]) WITH ORDINALITY v (x, n)
		JOIN unnest($2::text[]) WITH ORDINALITY w (x, n) ON v.x::%[1]s = w.x::%[1]s GROUP BY 1`, k.equal), texts, k.made)
	if err != nil {
		return err
	}
	var n, same int
	_, err = pgx.ForEachRow(rows, []any{&n, &same}, func() error {
		k.ids[texts[n-1]] = [][]byte{k.code(same - 1)}
		return nil
	})
	return err
}

// code is the ID in binary form that text i of made has for the time being.
func (k *looker) code(i int) []byte {
	v := k.below - 1 - int64(i)
	switch k.id.Type.Kind {
	case row.Int16:
		return appendInt16(nil, int(v))
	case row.Int32:
		return appendInt32(nil, int(v))
	}
	return appendInt64(nil, v)
}

// find returns the ID for value r, which is not null.
func (k *looker) find(c *binding, v *row.Column, r int) ([]byte, *row.Reject) {
	text := keyText(v, r)
	ids := k.ids[text]
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0 && c.lookup.null:
		return nil, nil
	}
	return nil, k.notOne(c, text, len(ids))
}

// append appends the ID for value r as a field of COPY.
func (k *looker) append(b []byte, c *binding, v *row.Column, r int) ([]byte, *row.Reject) {
	if v.Null[r] {
		return appendNull(b), nil
	}
	id, bad := k.find(c, v, r)
	switch {
	case bad != nil:
		return b, bad
	case id == nil && c.to.NotNull:
		return b, k.notNull(c, keyText(v, r))
	case id == nil:
		return appendNull(b), nil
	}
	return appendBytes(b, id), nil
}

// appendSet appends the IDs for list r as an array without repetition, in order.
func (k *looker) appendSet(b []byte, c *binding, v *row.Column, r int) ([]byte, *row.Reject) {
	start, end := 0, v.Ends[r]
	if r > 0 {
		start = v.Ends[r-1]
	}
	var ids [][]byte
	for e := start; e < end; e++ {
		if v.Elem.Null[e] {
			continue
		}
		id, bad := k.find(c, v.Elem, e)
		if bad != nil {
			return b, bad
		}
		if id != nil {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, k.compare)
	ids = slices.CompactFunc(ids, bytes.Equal)
	return appendArray(b, k.oid, ids), nil
}

// compare orders IDs in binary form as the database orders them, texts by their
// bytes. A negative integer has its first bit set.
func (k *looker) compare(a, b []byte) int {
	if kind := k.id.Type.Kind; kind >= row.Int16 && kind <= row.Int64 && (a[0]^b[0])&0x80 != 0 {
		return bytes.Compare(b, a)
	}
	return bytes.Compare(a, b)
}

// appendArray appends an array of one dimension: the number of dimensions,
// whether there are nulls, the type of the elements, their number, the lower
// bound, and the elements (array_recv).
func appendArray(b []byte, oid uint32, elems [][]byte) []byte {
	at := len(b)
	b = appendInt32(b, 0)
	b = appendInt32(b, min(len(elems), 1))
	b = appendInt32(b, 0)
	b = binary.BigEndian.AppendUint32(b, oid)
	if len(elems) > 0 {
		b = appendInt32(appendInt32(b, len(elems)), 1)
		for _, e := range elems {
			b = appendBytes(b, e)
		}
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}
