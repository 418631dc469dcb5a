package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// A mysqlImport is one plan of an import, and perhaps its apply, over one
// connection. Its rows are in temporary tables of that:
//
//	sluice_incoming   sluice_row, sluice_op (NULL: to be written; 'd': to be deleted; 'p': to be left alone, for it is bad), the columns that are loaded, sluice_l<i> for each link: IDs, with commas between
//	sluice_links      the same IDs of the rows of the plan: col, sluice_row, id
//	sluice_made       rows of look-ups that are created: see mysql_made.go
//	sluice_look       what was looked up: see mysql_looked.go
//	sluice_bad        rows that only the database found to be bad
//	sluice_plan       the rows that change: see mysql_plan.go
type mysqlImport struct {
	*mysql
	t      *target
	load   *load
	fields []textField
	looks  map[*binding]*mysqlLooker
	out    io.Writer
	buf    []byte // rows on their way
	value  []byte
	rowEnd int   // of the last whole row in buf
	saved  int64 // the plan that this is; 0: it was not saved
	given  bool  // rows of look-ups are made: the first batch was written

	firstNew int64 // number of the first incoming row, if all of them are new, and numbered without a gap; else 0

	unkeyed int64                 // bad rows of which the key is not known
	badKeys map[int64]plan.Values // of the first rows in sluice_bad, by number
	target  string                // the table, or what selects it
	there   string                // the condition that a row t of that is there
}

// begin makes the incoming table.
func (m *mysql) begin(ctx context.Context, t *target) (comparison, error) {
	s := &mysqlImport{mysql: m, t: t, looks: map[*binding]*mysqlLooker{}}
	s.target, s.there = t.sqlName(), "t.sluice_there IS NOT NULL"
	if i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.NotNull }); i >= 0 {
		s.there = "t." + quoteName(t.Columns[i].Name) + " IS NOT NULL"
	} else {
		s.target = "(SELECT o.*, 1 AS sluice_there FROM " + t.sqlName() + " o)"
	}
	columns := []string{"sluice_row bigint NOT NULL PRIMARY KEY", "sluice_op char(1) CHARACTER SET ascii NULL"}
	for _, c := range t.columns {
		var field textField
		var err error
		if c.lookup == nil {
			if field, err = textFieldOf(*c.col.Type, c.to); err != nil {
				return nil, err
			}
		}
		s.fields = append(s.fields, field)
		columns = append(columns, quoteName(c.to.Name)+" "+c.to.Base)
	}
	for _, c := range t.links {
		if k := c.link.other.Type.Kind; k < row.Int16 || k > row.Int64 {
			return nil, fmt.Errorf("table %s refers to %s by %s, which is %s: of MySQL sluice fills links of whole numbers alone, so far", c.link.Name, c.lookup.Name, c.link.other.Name, c.link.other.Declared)
		}
		columns = append(columns, fmt.Sprintf("sluice_l%d longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL", c.at))
	}
	for i, group := range t.lookups() {
		look, err := m.newLooker(ctx, i, group[0].lookup)
		if err != nil {
			return nil, err
		}
		for _, c := range group {
			s.looks[c] = look
		}
	}
	s.drop(ctx)
	return s, m.all(ctx, "CREATE TEMPORARY TABLE sluice_incoming ("+strings.Join(columns, ", ")+") ENGINE=InnoDB")
}

func (s *mysqlImport) loaded() *load { return s.load }

// drop removes what is left of the import.
func (s *mysqlImport) drop(ctx context.Context) {
	_, _ = s.conn.ExecContext(context.WithoutCancel(ctx), "DROP TEMPORARY TABLE IF EXISTS sluice_incoming, sluice_links, sluice_made, sluice_bad, sluice_plan, sluice_new, sluice_look, sluice_part, sluice_dup") // or they go with the connection
}

var readers atomic.Int64 // that this process has registered

// insertBytes is about how long a statement is that inserts incoming rows.
const insertBytes = 512 << 10

// fill copies the rows that read gives into the incoming table.
func (s *mysqlImport) fill(ctx context.Context, read func(context.Context, incoming) (*load, error)) (err error) {
	if !s.infile {
		if s.load, err = read(ctx, s); err == nil {
			err = s.send(ctx)
		}
		return err
	}
	name := fmt.Sprintf("sluice-%d", readers.Add(1))
	return flow.Carry(ctx, blockBytes, func(ctx context.Context, out io.Writer) (err error) {
		s.out = out
		if s.load, err = read(ctx, s); err == nil {
			_, err = out.Write(s.buf)
		}
		return err
	}, func(ctx context.Context, in io.Reader) error {
		driver.RegisterReaderHandler(name, func() io.Reader { return in })
		defer driver.DeregisterReaderHandler(name)
		var columns, set []string
		for i, c := range s.t.columns {
			if typed := c.to.asTyped(fmt.Sprintf("@v%d", i)); strings.HasPrefix(typed, "@") {
				columns = append(columns, quoteName(c.to.Name))
			} else {
				columns, set = append(columns, fmt.Sprintf("@v%d", i)), append(set, quoteName(c.to.Name)+" = "+typed)
			}
		}
		sql := "LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE sluice_incoming CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' (" +
			strings.Join(slices.Concat([]string{"sluice_row, sluice_op"}, columns, s.linkNames()), ", ") + ")"
		if set != nil {
			sql += " SET " + strings.Join(set, ", ")
		}
		if _, err := s.exec(ctx, sql); err != nil {
			return err
		}
		return s.warned(ctx)
	})
}

func (s *mysqlImport) linkNames() (names []string) {
	for _, c := range s.t.links {
		names = append(names, fmt.Sprintf("sluice_l%d", c.at))
	}
	return names
}

// warned makes an error of a warning: it says that a value was made another.
func (s *mysqlImport) warned(ctx context.Context) error {
	var found []string
	err := s.texts(ctx, "SHOW WARNINGS LIMIT 3", func(v []*string) error {
		found = append(found, *v[2])
		return nil
	})
	if err == nil && found != nil {
		err = errors.New("the database would change values as it takes them: " + strings.Join(found, "; "))
	}
	return err
}

// send inserts the rows that are in buf.
func (s *mysqlImport) send(ctx context.Context) error {
	if len(s.buf) == 0 {
		return nil
	}
	names := slices.Concat([]string{"sluice_row, sluice_op"}, s.columnNames(), s.linkNames())
	_, err := s.exec(ctx, "INSERT INTO sluice_incoming ("+strings.Join(names, ", ")+") VALUES "+string(s.buf[:len(s.buf)-1]))
	s.buf = s.buf[:0]
	if err == nil {
		err = s.warned(ctx)
	}
	return err
}

func (s *mysqlImport) columnNames() (names []string) {
	for _, c := range s.t.columns {
		names = append(names, quoteName(c.to.Name))
	}
	return names
}

// add encodes the rows of a batch whose look-ups are there.
func (s *mysqlImport) add(ctx context.Context, b *row.Batch, numbers []int64) (refused []row.Reject, err error) {
	for c, look := range s.looks {
		if err := look.know(ctx, c, &b.Cols[c.at]); err != nil {
			return nil, err
		}
	}
	s.unkeyed += int64(len(b.Bad))
	for r, n := range numbers {
		s.rowEnd = len(s.buf)
		if !s.infile {
			s.buf = append(s.buf, '(')
		}
		s.buf = strconv.AppendInt(s.buf, n, 10)
		if bad := s.addRow(b, r); bad != nil {
			bad.Row, bad.Line = b.Row[r], lineOf(b, r)
			refused = append(refused, *bad)
		}
		if err := s.flush(ctx); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// flush sends what has gathered.
func (s *mysqlImport) flush(ctx context.Context) (err error) {
	switch {
	case !s.infile && len(s.buf) >= insertBytes:
		return s.send(ctx)
	case s.infile && len(s.buf) >= blockBytes:
		_, err = s.out.Write(s.buf)
		s.buf = s.buf[:0]
	}
	return err
}

// field appends a text to the row, or null.
func (s *mysqlImport) field(text []byte, null bool) {
	switch {
	case s.infile && null:
		s.buf = append(s.buf, "\t\\N"...)
	case s.infile:
		s.buf = appendLoaded(append(s.buf, '\t'), text)
	case null:
		s.buf = append(s.buf, ",NULL"...)
	default:
		s.buf = appendQuoted(append(s.buf, ','), text)
	}
}

func (s *mysqlImport) end() {
	if s.infile {
		s.buf = append(s.buf, '\n')
	} else {
		s.buf = append(s.buf, "),"...)
	}
}

// addRow encodes a row, of which the number is encoded, or says why not. Where
// rows can be deleted, the key of a bad row is kept.
func (s *mysqlImport) addRow(b *row.Batch, r int) *row.Reject {
	start := len(s.buf)
	if v := s.t.verdict; v >= 0 && b.Cols[v].Null[r] {
		s.unkeyed-- // it is in b.Bad
		s.protect(b, r)
		return nil
	} else if v >= 0 && b.Cols[v].Ints[r] == 1 {
		bad := s.addKey(b, r, opDelete)
		if bad != nil {
			s.withdraw()
			s.unkeyed++
		}
		return bad
	}
	s.field(nil, true)
	bad := s.addValues(b, r)
	switch {
	case bad != nil && s.t.verdict >= 0:
		s.buf = s.buf[:start]
		s.protect(b, r)
	case bad != nil:
		s.withdraw()
	default:
		s.end()
	}
	return bad
}

// withdraw takes back a row.
func (s *mysqlImport) withdraw() { s.buf = s.buf[:s.rowEnd] }

// protect encodes the key of a bad row, if that can be looked up.
func (s *mysqlImport) protect(b *row.Batch, r int) {
	if s.addKey(b, r, opProtect) != nil {
		s.withdraw()
		s.unkeyed++
	}
}

// addKey encodes a row of which only the key matters.
func (s *mysqlImport) addKey(b *row.Batch, r int, op byte) *row.Reject {
	s.field([]byte{op}, false)
	for i, c := range s.t.columns {
		if !slices.Contains(s.t.key, c) {
			s.field(nil, true)
		} else if bad := s.addValue(b, r, i); bad != nil {
			return bad
		}
	}
	for range s.t.links {
		s.field(nil, true)
	}
	s.end()
	return nil
}

func (s *mysqlImport) addValues(b *row.Batch, r int) (bad *row.Reject) {
	for i := range s.t.columns {
		if bad = s.addValue(b, r, i); bad != nil {
			return bad
		}
	}
	for _, c := range s.t.links {
		if s.value, bad = s.looks[c].appendSet(s.value[:0], c, &b.Cols[c.at], r); bad != nil {
			return bad
		}
		s.field(s.value, false)
	}
	return nil
}

// addValue encodes a value for column i of those that are loaded.
func (s *mysqlImport) addValue(b *row.Batch, r, i int) (bad *row.Reject) {
	c := s.t.columns[i]
	v := &b.Cols[c.at]
	if v.Null[r] {
		s.field(nil, true)
		return nil
	}
	if c.lookup != nil {
		id, bad := s.looks[c].id(c, v, r)
		s.field([]byte(id), id == "")
		return bad
	}
	var err error
	if s.value, err = s.fields[i](s.value[:0], v, r); err != nil {
		return refusal(c, keyText(v, r), "%w", err)
	}
	if !s.infile && c.to.asTyped("") != "" {
		s.buf = append(append(s.buf, ','), c.to.asTyped("'"+string(s.value)+"'")...)
		return nil
	}
	s.field(s.value, false)
	return nil
}
