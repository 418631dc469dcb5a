package table

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// A postgresImport is one plan of an import, and perhaps its apply, over one
// connection. Its rows are in temporary tables of that:
//
//	sluice_incoming   sluice_row, sluice_op (NULL: to be written; 'd': to be deleted; 'p': to be left alone, for it is bad), the columns that are loaded, sluice_l<i> for each link: IDs
//	sluice_made       rows of look-ups that are created: see postgres_made.go
//	sluice_look       what was looked up: see postgres_looked.go
//	sluice_bad        rows that only the database found to be bad
//	sluice_plan       the rows that change: see postgres_plan.go
type postgresImport struct {
	*postgres
	t      *target
	load   *load
	fields []copyField
	looks  map[*binding]*looker
	out    io.Writer
	buf    []byte

	unkeyed int64                 // bad rows of which the key is not known
	badKeys map[int64]plan.Values // of the first rows in sluice_bad, by number
	saved   int64                 // the number of the saved plan that this is; 0: none
	given   bool                  // incoming rows have the IDs of the rows that were made
}

// begin makes the incoming table.
func (p *postgres) begin(ctx context.Context, t *target) (comparison, error) {
	s := &postgresImport{postgres: p, t: t, looks: map[*binding]*looker{}}
	columns := []string{"sluice_row bigint", `sluice_op "char"`}
	collations, err := collations(ctx, p.conn, t.Table)
	if err != nil {
		return nil, err
	}
	for _, c := range t.columns {
		var field copyField
		if c.lookup == nil {
			if field, err = copyFieldOf(*c.col.Type, c.to); err != nil {
				return nil, err
			}
		}
		s.fields = append(s.fields, field)
		columns = append(columns, quoteName(c.to.Name)+" "+c.to.Base+collations[c.to.Name])
	}
	for _, c := range t.links {
		columns = append(columns, fmt.Sprintf("sluice_l%d %s[]", c.at, c.link.other.Base))
	}
	for _, group := range t.lookups() {
		look, err := newLooker(ctx, p.side, group[0].lookup)
		if err != nil {
			return nil, err
		}
		for _, c := range group {
			s.looks[c] = look
		}
	}
	if _, err := execute(ctx, p.conn, "CREATE TEMP TABLE sluice_incoming ("+strings.Join(columns, ", ")+")"); err != nil {
		return nil, err
	}
	return s, nil
}

// collations returns what a column's declaration says of its collation, where
// that is not its type's.
func collations(ctx context.Context, conn *pgx.Conn, t *Table) (map[string]string, error) {
	rows, err := conn.Query(ctx, `SELECT attname, format(' COLLATE %I.%I', nspname, collname)
		FROM pg_attribute JOIN pg_type y ON y.oid = atttypid JOIN pg_collation c ON c.oid = attcollation JOIN pg_namespace n ON n.oid = collnamespace
		WHERE attrelid = $1::regclass AND attcollation <> 0 AND collname <> 'default'`, t.sqlName())
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	var name, collation string
	_, err = pgx.ForEachRow(rows, []any{&name, &collation}, func() error {
		of[name] = collation
		return nil
	})
	return of, err
}

// lookups returns the columns and links that look up the same, together.
func (t *target) lookups() (groups [][]*binding) {
	for _, c := range slices.Concat(t.columns, t.links) {
		if c.lookup == nil {
			continue
		}
		i := slices.IndexFunc(groups, func(g []*binding) bool {
			l := g[0].lookup
			return l.sqlName() == c.lookup.sqlName() && l.by.Name == c.lookup.by.Name && l.id.Name == c.lookup.id.Name && l.create == c.lookup.create
		})
		if i < 0 {
			groups = append(groups, []*binding{c})
		} else {
			groups[i] = append(groups[i], c)
		}
	}
	return groups
}

func (s *postgresImport) loaded() *load { return s.load }

// drop removes what is left of the import.
func (s *postgresImport) drop(ctx context.Context) {
	_, _ = execute(context.WithoutCancel(ctx), s.conn, "DROP TABLE IF EXISTS sluice_incoming, sluice_made, sluice_bad, sluice_plan, sluice_new, sluice_look, sluice_part") // or they go with the connection
}

// blockBytes is how much is written at once.
const blockBytes = 64 << 10

// fill copies the rows that read gives into the incoming table.
func (s *postgresImport) fill(ctx context.Context, read func(context.Context, incoming) (*load, error)) error {
	s.buf = append(s.buf[:0], copyHeader...)
	err := flow.Carry(ctx, blockBytes, func(ctx context.Context, out io.Writer) (err error) {
		s.out = out
		if s.load, err = read(ctx, s); err == nil {
			_, err = out.Write(append(s.buf, copyTrailer...))
		}
		return err
	}, func(ctx context.Context, in io.Reader) error {
		_, err := s.conn.PgConn().CopyFrom(ctx, in, "COPY sluice_incoming FROM STDIN (FORMAT binary)")
		return err
	})
	if err != nil {
		return err
	}
	_, err = execute(ctx, s.conn, "ANALYSE sluice_incoming (sluice_row, sluice_op"+each(s.t.joined(), "", ", %c")+")")
	return err
}

// joined are the columns by which rows are found: what the planner has to know
// of the others is nothing, and long texts take long to look at.
func (t *target) joined() []*binding {
	return slices.DeleteFunc(slices.Clone(t.columns), func(c *binding) bool {
		in := func(columns []string) bool { return slices.Contains(columns, c.to.Name) }
		return !slices.Contains(t.key, c) && !slices.ContainsFunc(t.Uniques, func(u Unique) bool { return in(u.columns()) }) &&
			!slices.ContainsFunc(t.ForeignKeys, func(f ForeignKey) bool { return in(f.Columns) })
	})
}

// add encodes the rows of a batch whose look-ups are there.
func (s *postgresImport) add(ctx context.Context, b *row.Batch, numbers []int64) (refused []row.Reject, err error) {
	for c, look := range s.looks {
		if err := look.know(ctx, &b.Cols[c.at]); err != nil {
			return nil, err
		}
	}
	s.unkeyed += int64(len(b.Bad))
	fields := 2 + len(s.t.columns) + len(s.t.links)
	for r, n := range numbers {
		s.buf = appendInt64(appendInt32(appendInt16(s.buf, fields), 8), n)
		if bad := s.addRow(b, r); bad != nil {
			bad.Row, bad.Line = b.Row[r], lineOf(b, r)
			refused = append(refused, *bad)
		}
		if len(s.buf) >= blockBytes {
			if _, err := s.out.Write(s.buf); err != nil {
				return nil, err
			}
			s.buf = s.buf[:0]
		}
	}
	return refused, nil
}

func lineOf(b *row.Batch, r int) int64 {
	if r < len(b.Line) {
		return b.Line[r]
	}
	return 0
}

// What becomes of an incoming row, apart from being written.
const (
	opDelete  = 'd'
	opProtect = 'p' // it is bad, but not missing
)

// addRow encodes a row, of which the number is encoded, or says why not. Where
// rows can be deleted, the key of a bad row is kept.
func (s *postgresImport) addRow(b *row.Batch, r int) *row.Reject {
	start := len(s.buf)
	if v := s.t.verdict; v >= 0 && b.Cols[v].Null[r] {
		s.unkeyed-- // it is in b.Bad
		s.protect(b, r, start)
		return nil
	} else if v >= 0 && b.Cols[v].Ints[r] == 1 {
		bad := s.addKey(b, r, opDelete)
		if bad != nil {
			s.withdraw(start)
			s.unkeyed++
		}
		return bad
	}
	s.buf = appendNull(s.buf)
	bad := s.addValues(b, r)
	switch {
	case bad != nil && s.t.verdict >= 0:
		s.buf = s.buf[:start]
		s.protect(b, r, start)
	case bad != nil:
		s.withdraw(start)
	}
	return bad
}

// withdraw takes back a row of which only the number was encoded before at.
func (s *postgresImport) withdraw(at int) { s.buf = s.buf[:at-2-4-8] }

// protect encodes the key of a bad row, if that can be looked up.
func (s *postgresImport) protect(b *row.Batch, r, start int) {
	if s.addKey(b, r, opProtect) != nil {
		s.withdraw(start)
		s.unkeyed++
	}
}

// addKey encodes a row of which only the key matters.
func (s *postgresImport) addKey(b *row.Batch, r int, op byte) *row.Reject {
	s.buf = append(appendInt32(s.buf, 1), op)
	for i, c := range s.t.columns {
		if !slices.Contains(s.t.key, c) {
			s.buf = appendNull(s.buf)
		} else if bad := s.addValue(b, r, i); bad != nil {
			return bad
		}
	}
	for range s.t.links {
		s.buf = appendNull(s.buf)
	}
	return nil
}

func (s *postgresImport) addValues(b *row.Batch, r int) (bad *row.Reject) {
	for i := range s.t.columns {
		if bad = s.addValue(b, r, i); bad != nil {
			return bad
		}
	}
	for _, c := range s.t.links {
		if s.buf, bad = s.looks[c].appendSet(s.buf, c, &b.Cols[c.at], r); bad != nil {
			return bad
		}
	}
	return nil
}

// addValue encodes a value for column i of those that are loaded.
func (s *postgresImport) addValue(b *row.Batch, r, i int) (bad *row.Reject) {
	c := s.t.columns[i]
	if c.lookup != nil {
		s.buf, bad = s.looks[c].append(s.buf, c, &b.Cols[c.at], r)
		return bad
	}
	var err error
	if s.buf, err = s.fields[i](s.buf, &b.Cols[c.at], r); err != nil {
		return refusal(c, keyText(&b.Cols[c.at], r), "%w", err)
	}
	return nil
}
