package mapping

import (
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// A Mapper turns source batches into typed ones, a file at a time. It is not
// safe for use by several goroutines at once.
type Mapper struct {
	prog   *Program
	run    Run
	params []value
	fields []fieldValue // of the file, by the slots of Program.fields
	fixed  []fixed      // by column: those that are the same for the whole file

	// Of the batch that is being mapped:
	src, dst *row.Batch
	r        int
	lets     []memo
	faults   []rowFault

	// Of the expression that is being worked out:
	locals  []value
	stack   []value
	scopes  []scope
	checked value
	memory  memory

	patterns map[string]*regexp.Regexp
	formats  map[string]*timeFormat
	zones    map[string]*time.Location
}

type fieldValue struct {
	v   value
	err error
}

// fixed is the value of a column that does not depend on row.
type fixed struct {
	is  bool
	v   value
	one row.Column // the value as it is written, once
}

// memo holds what a let was, by row.
type memo struct {
	done []bool
	v    []value
	err  []error
}

// NewMapper returns a Mapper for one run.
func (p *Program) NewMapper(run Run) *Mapper {
	m := &Mapper{
		prog: p, run: run, lets: make([]memo, len(p.lets)),
		fields: make([]fieldValue, len(p.fields)), fixed: make([]fixed, len(p.columns)),
		patterns: map[string]*regexp.Regexp{}, formats: map[string]*timeFormat{}, zones: map[string]*time.Location{},
	}
	m.params = make([]value, len(p.params))
	for i, param := range p.params {
		m.params[i] = paramValue(param.Type, run.Params[param.Name])
	}
	return m
}

// param returns the value of a param, which must have been given.
func (m *Mapper) param(i int) (value, error) {
	if m.params[i].k == nullKind {
		return null, faultf("param.%s is not given", m.prog.params[i].Name)
	}
	return m.params[i], nil
}

// paramValue returns the value of a param of a type. A date may be given as a
// time.Time at its midnight.
func paramValue(t row.Type, given any) value {
	v, err := ofGo(given)
	if err != nil {
		return null
	}
	switch k := kindOf(t); {
	case v.k == instantKind && k == dateKind:
		return value{k: dateKind, n: floorDiv(v.n, dayMicros)}
	case v.k == instantKind && k == stampKind:
		v.k = stampKind
	case v.k == instantKind && k == clockKind:
		return value{k: clockKind, n: v.n - floorDiv(v.n, dayMicros)*dayMicros}
	case v.k == textKind && k != textKind && t.Kind != row.JSON:
		return castText(t, v)
	}
	return v
}

// castText reads a param that is given as text by the rules of a cell.
func castText(t row.Type, v value) value {
	conv := &converter{typ: t}
	conv.settle()
	b := row.NewBatch(row.Schema{{Type: t}})
	v.n = 1
	if conv.add(b, &b.Cols[0], v) != nil {
		return null
	}
	out, err := columnValue(&b.Cols[0], 0)
	if err != nil {
		return null
	}
	return out
}

// Begin takes the mapper to the next file, and works out what is the same for
// all of its rows. An error is one of the file as a whole.
func (m *Mapper) Begin(f File) error {
	m.src, m.dst, m.r = nil, nil, 0
	own := m.memory
	m.memory = memory{} // what the fixed values hold stays theirs
	defer func() { m.memory = own }()
	for i := range m.lets {
		m.lets[i].reset(1)
	}
	for i, name := range m.prog.fields {
		v, err := f.field(name)
		m.fields[i] = fieldValue{v, err}
	}
	for i, col := range m.prog.columns {
		m.fixed[i] = fixed{}
		if col.n.deps&onRow != 0 {
			continue
		}
		if err := m.fix(i, col); err != nil {
			return row.At(f.URL, &row.Error{Column: col.name, Err: err})
		}
	}
	return nil
}

// fix works out a column that is the same for the whole file.
func (m *Mapper) fix(i int, col *column) error {
	v, err := col.n.eval(m)
	if err != nil {
		return err
	}
	b := row.NewBatch(row.Schema{{Type: col.conv.typ}})
	if err := col.conv.add(b, &b.Cols[0], v); err != nil {
		return err
	}
	m.fixed[i] = fixed{is: true, v: v, one: b.Cols[0]}
	return nil
}

// Map fills dst with the rows of src as the job's columns, in order; those that
// do not fit are rejects in dst.Bad, in order with those of src. Begin must
// have been called for the file that src is of.
//
// What dst holds may point into src: use it before src is filled again.
func (m *Mapper) Map(src, dst *row.Batch) {
	dst.Reset()
	m.src, m.dst = src, dst
	m.memory.reset()
	m.faults = m.faults[:0]
	for i := range m.lets {
		m.lets[i].reset(src.Len)
	}
	for i, col := range m.prog.columns {
		m.column(i, col, &dst.Cols[i])
	}
	dst.Len = src.Len
	dst.Row = append(dst.Row, src.Row...)
	dst.Line = append(dst.Line, src.Line...)
	dst.Byte = append(dst.Byte, src.Byte...)
	dst.Record = append(dst.Record, src.Record...)
	m.reject()
	m.src, m.dst = nil, nil
}

// column works one column out for every row.
func (m *Mapper) column(i int, col *column, dst *row.Column) {
	if ch := col.n.path; ch != nil && col.conv.quick != nil && isCells(&m.src.Cols[ch.col]) {
		m.cells(i, col, &m.src.Cols[ch.col], dst)
		return
	}
	if ch := col.n.path; ch != nil && col.check == nil {
		if src := &m.src.Cols[ch.col]; src.Type.Kind != row.Any {
			if same := sameOf(col.conv, src); same != nil {
				m.same(i, col, src, dst, same)
				return
			}
		}
	}
	for r := range m.src.Len {
		m.value(i, col, dst, r)
	}
}

// value works one column out for row r.
func (m *Mapper) value(i int, col *column, dst *row.Column, r int) {
	m.r = r
	var v value
	var err error
	switch fixed := &m.fixed[i]; {
	case fixed.is:
		v = fixed.v
		appendSame(dst, &fixed.one)
	case col.n.path != nil:
		if v, err = m.fetch(col.n.path, r, col.conv); err == nil {
			err = col.conv.add(m.dst, dst, v)
		}
	default:
		if v, err = col.n.eval(m); err == nil {
			err = col.conv.add(m.dst, dst, v)
		}
	}
	if err != nil {
		dst.AppendNull()
		m.fault(r, col, err)
	} else if col.check != nil && !dst.Null[r] {
		m.verify(col, dst, r, v)
	}
}

// verify notes a value that was written, of the source value given, if it does
// not meet the column's check.
func (m *Mapper) verify(col *column, dst *row.Column, r int, source value) {
	if err := m.check(col, dst, r, source); err != nil {
		m.fault(r, col, err)
	}
}

// fetch returns the value of a path in row r: for the column of the job that it
// is the value of, or for an expression, when there is none.
func (m *Mapper) fetch(ch *chain, r int, of *converter) (value, error) {
	col := &m.src.Cols[ch.col]
	if col.Null[r] {
		switch b := col.BreakAt(r); b.Why {
		case row.Whole:
		case row.Faulty:
			if !isCells(col) {
				return null, &fault{msg: b.Cell, value: b.Value}
			}
			return of.inCell(col, r)
		default:
			return null, ch.broken(b)
		}
		return null, nil
	}
	switch {
	case col.Type.Kind == row.Any:
		return ofJSON(col.Bytes[r])
	case isCells(col):
		return of.inCell(col, r)
	}
	if len(col.Floats) > 0 {
		return ofSource(col.Floats[r], of)
	}
	return columnValue(col, r)
}

// ofSource returns a float that a source holds. One that is no number is a value
// of a column, but nothing that an expression could work with.
func ofSource(f float64, of *converter) (value, error) {
	v := value{k: floatKind, n: int64(math.Float64bits(f))}
	if of == nil && !v.isFinite() {
		return null, faultOf(v, "%s is nothing to work with in an expression", v.show())
	}
	return v, nil
}

// isCells says whether a column of the source is one of cells.
func isCells(c *row.Column) bool { return c.Type.Kind == row.String && !c.Typed }

// check works out the column's check of the value that was written.
func (m *Mapper) check(col *column, dst *row.Column, r int, source value) error {
	var err error
	if m.checked, err = m.written(dst, r); err != nil {
		return err
	}
	v, err := col.check.eval(m)
	switch {
	case err != nil:
		return err
	case v.k != boolKind:
		return faultOf(source, "the check %s gives %s, which is not true or false", col.rule, v.show())
	case v.n == 0:
		return faultOf(source, "%s fails the check %s", source.show(), col.rule)
	}
	return nil
}

// written is columnValue for the column that is being made: a decimal's text is
// the batch's.
func (m *Mapper) written(dst *row.Column, r int) (value, error) {
	const exact = 1 << 53 // whole numbers up to there are floats
	n, scale := dst.Ints, dst.Type.Scale
	if dst.Type.Kind != row.Decimal || dst.Type.Precision > 18 || scale == 0 || n[r] <= -exact || n[r] >= exact {
		return columnValue(dst, r)
	}
	var text [24]byte
	s := str(m.dst.Keep(appendFixed(text[:0], n[r], scale)))
	return value{k: floatKind, n: int64(math.Float64bits(float64(n[r]) / float64(tens[scale]))), s: s}, nil
}

// let returns what a let is for the row, working it out if nobody has.
func (m *Mapper) let(l *let) (value, error) {
	if len(m.lets) == 0 {
		return l.n.eval(m) // a constant, while compiling
	}
	s, r := &m.lets[l.slot], m.r
	if !s.done[r] {
		locals := m.locals // of the expression that asks: the let has its own
		m.locals = nil
		s.v[r], s.err[r] = l.n.eval(m)
		m.locals = locals
		s.done[r] = true
		if f, ok := s.err[r].(*fault); ok {
			named := *f
			named.msg = l.name + ": " + f.msg
			s.err[r] = &named
		}
	}
	return s.v[r], s.err[r]
}

func (s *memo) reset(n int) {
	if cap(s.done) < n {
		s.done, s.v, s.err = make([]bool, n), make([]value, n), make([]error, n)
	}
	s.done, s.v, s.err = s.done[:n], s.v[:n], s.err[:n]
	clear(s.done)
}

// values works out nodes in order.
func (m *Mapper) values(nodes []*node) ([]value, error) {
	out := m.list(len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = n.eval(m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// items returns the elements of a list.
func (m *Mapper) items(v value) ([]value, error) {
	if v.x != nil {
		return v.x.items, nil
	}
	var out []value
	err := elements(v, func(e value) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

// pattern compiles a regular expression that is known only now, once.
func (m *Mapper) pattern(v value) (*regexp.Regexp, error) {
	if v.k != textKind {
		return nil, faultOf(v, "a pattern is a text, not %s", v.show())
	}
	return keep(m.patterns, v.s, func(s string) (*regexp.Regexp, error) {
		p, err := regexp.Compile(s)
		if err != nil {
			return nil, faultOf(v, "%s", patternWords(err))
		}
		return p, nil
	})
}

// timeFormat and zone do the same for formats and zones.
func (m *Mapper) timeFormat(text string) (*timeFormat, error) {
	return keep(m.formats, text, parseTimeFormat)
}

func (m *Mapper) zone(name string) (*time.Location, error) { return keep(m.zones, name, loadZone) }

// mostKept bounds what keep keeps: names that come from the data have no end.
const mostKept = 256

func keep[T any](kept map[string]T, text string, compile func(string) (T, error)) (T, error) {
	if t, ok := kept[text]; ok {
		return t, nil
	}
	text = strings.Clone(text) // it may lie in a buffer that is used again
	t, err := compile(text)
	if err == nil && kept != nil {
		if len(kept) >= mostKept {
			clear(kept)
		}
		kept[text] = t
	}
	return t, err
}
