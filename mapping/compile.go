package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A Program is the columns of a job, compiled. It is not changed any more, so
// that any number of Mappers can share it.
type Program struct {
	schema  row.Schema
	paths   []format.Path // the columns of a source batch
	seen    map[string]int
	columns []*column
	lets    []*let
	fields  []string // of the file, as the slots of Mapper.fields
	params  []spec.Param
	keep    []bool // columns: see Keep; nil: no row at fault is kept
	verdict int    // with keep: the column of type bool
	key     []int  // columns: see Key
}

// Key lets rejects have the values of these columns, unless one is at fault.
func (p *Program) Key(columns []int) { p.key = columns }

// Keep lets rows at fault stay in a batch if the columns of key are not at
// fault, and neither is verdict, a column of type bool: where that is true, the
// row has no fault that matters; else it is a reject, and verdict is null.
func (p *Program) Keep(key []int, verdict int) {
	p.keep, p.verdict = make([]bool, len(p.columns)), verdict
	for _, i := range append([]int{verdict}, key...) {
		p.keep[i] = true
	}
}

// A column is one column of the target.
type column struct {
	name  string
	n     *node
	conv  *converter
	check *node // nil: none
	rule  string
}

// A let is a value that is worked out at most once a row.
type let struct {
	name string
	n    *node
	slot int
}

// Compile compiles the columns and lets of a job. What is wrong with them is
// returned as spec.Errors, all of it at once.
//
// Every column must have a type by now: those of a table target are filled in
// from the table before.
func Compile(job *spec.Job) (*Program, error) {
	p := &Program{params: job.Params, seen: map[string]int{}}
	c := &compiler{job: job, prog: p, functions: map[string]*function{}, lets: map[string]*node{}}
	for _, f := range functionTable() {
		c.functions[f.name] = f
	}
	c.fields = job.From.Fields()
	errs := c.compileLets()
	for i := range job.Cols {
		col, colErrs := c.column(&job.Cols[i])
		errs = append(errs, colErrs...)
		p.columns = append(p.columns, col)
	}
	if len(errs) > 0 {
		return nil, errs.Sorted()
	}
	return p, nil
}

// Paths returns what a reader must give for each record, as the columns of its
// batches, in order. The empty path is the record itself.
func (p *Program) Paths() []format.Path { return slices.Clone(p.paths) }

// Schema returns the columns of the batches that a Mapper fills.
func (p *Program) Schema() row.Schema { return slices.Clone(p.schema) }

// column returns the source column of a path, a new one if need be.
func (p *Program) column(path format.Path) int {
	text := path.String()
	if at, ok := p.seen[text]; ok {
		return at
	}
	p.paths = append(p.paths, slices.Clone(path))
	p.seen[text] = len(p.paths) - 1
	return len(p.paths) - 1
}

// compileLets compiles the lets in order; each knows those before it.
func (c *compiler) compileLets() spec.Errors {
	var errs spec.Errors
	for _, l := range c.job.Let {
		c.lets[l.Name] = nil
	}
	for _, l := range c.job.Let {
		n, err := c.compileOpen(l.Expr)
		if err != nil {
			errs = append(errs, err)
			// Anything, so that its uses are not mistakes as well.
			n = &node{deps: onRow, eval: func(*Mapper) (value, error) { return null, nil }}
		}
		c.lets[l.Name] = c.let(l.Name, n)
	}
	return errs
}

// let returns the node that stands for the let's name. A chain from row stays
// one, so that the reader can follow what is added to it.
func (c *compiler) let(name string, n *node) *node {
	if n.isOpen() {
		return &node{deps: onRow, path: n.path.closed()}
	}
	n = c.settle(n)
	l := &let{name: name, n: n, slot: len(c.prog.lets)}
	c.prog.lets = append(c.prog.lets, l)
	return &node{
		k: n.k, deps: n.deps, eval: func(m *Mapper) (value, error) { return m.let(l) },
		name: func(*Mapper) string { return name },
	}
}

// column compiles one column.
func (c *compiler) column(col *spec.Column) (*column, spec.Errors) {
	out := &column{name: col.Name}
	if col.Type == nil {
		return out, spec.Errors{{
			File: c.job.File, Line: col.Pos.Line, Column: col.Pos.Column, Path: col.Pos.Path,
			Msg: "the column has no type", Hint: "one of " + strings.Join(row.Names(), ", "),
		}}
	}
	c.prog.schema = append(c.prog.schema, row.Field{Name: col.Name, Type: *col.Type, Required: col.Required})
	conv, errs := c.converter(col)
	out.conv = conv
	at := col.Value
	var err *spec.Error
	if col.Value.S != "" {
		out.n, err = c.compile(at)
	} else {
		at = col.From
		out.n, err = c.source(col)
	}
	if err != nil {
		return out, append(errs, err)
	}
	if len(errs) == 0 {
		if why := c.fits(out); why != nil {
			errs = append(errs, c.errorAt(at, why))
		}
	}
	if col.Check.S != "" {
		if err := c.check(col, out); err != nil {
			errs = append(errs, err)
		}
	}
	return out, errs
}

// source compiles a column that is read from a header or a path.
func (c *compiler) source(col *spec.Column) (*node, *spec.Error) {
	path := format.Path{{Name: col.From.S}}
	if !c.tableOfText() {
		var err error
		if path, err = format.ParsePath(col.From.S); err != nil {
			return nil, c.job.ErrorAt(col.From, 0, err.Error(), "")
		}
	}
	ch := &chain{}
	for _, s := range path {
		ch = ch.with(s, 0)
	}
	return c.settle(&node{deps: onRow, path: ch}), nil
}

// tableOfText tells whether the source has headers rather than paths.
func (c *compiler) tableOfText() bool {
	name := ""
	if len(c.job.From.Files) > 0 {
		name = c.job.From.Files[0].S
	}
	f := FormatOf(&c.job.From, name)
	return f == "csv" || f == "tsv" || format.HasSheets(f)
}

// check compiles the condition that every value of a column must meet.
func (c *compiler) check(col *spec.Column, out *column) *spec.Error {
	c.value = &node{k: kindOf(*col.Type), deps: onRow, eval: func(m *Mapper) (value, error) { return m.checked, nil }}
	defer func() { c.value = nil }()
	n, err := c.compile(col.Check)
	if err != nil {
		return err
	}
	if n.k != boolKind && n.k != anyKind {
		return c.job.ErrorAt(col.Check, 0, "a check is true or false, and this is "+n.k.String(), "")
	}
	out.check, out.rule = n, col.Check.S
	return nil
}

// fits finds the expressions that can never give a value of the column's type,
// constants above all.
func (c *compiler) fits(col *column) error {
	b := row.NewBatch(row.Schema{{Name: col.name, Type: col.conv.typ}})
	if col.n.deps == nothing {
		v, err := col.n.eval(&Mapper{})
		if err == nil {
			err = col.conv.add(b, &b.Cols[0], v)
		}
		return err
	}
	if col.conv.elem != nil || col.conv.zone != nil || col.conv.takesWords() {
		return nil
	}
	// A value of the kind that every column of a fitting type takes.
	sample := value{k: col.n.k}
	switch col.n.k {
	case anyKind, nullKind:
		return nil
	case listKind:
		sample.s = "[]"
	case objectKind:
		sample.s = "{}"
	case bytesKind:
		sample.s = string(make([]byte, 16)) // as many as a uuid has
	}
	if col.n.k == textKind && readsText(col.conv.typ.Kind) {
		return nil
	}
	bare := &converter{typ: col.conv.typ, put: col.conv.put}
	if bare.add(b, &b.Cols[0], sample) != nil {
		return faultf("a column of type %s cannot hold %s%s", col.conv.typ, col.n.k, fitHint(col.n.k, col.conv.typ))
	}
	return nil
}

// readsText tells whether columns of the kind take some texts.
func readsText(k row.Kind) bool {
	switch k {
	case row.Bool, row.Int16, row.Int32, row.Int64, row.Float32, row.Float64, row.Decimal:
		return false
	}
	return true
}

func fitHint(k kind, t row.Type) string {
	switch {
	case k == textKind && t.Kind != row.Bool:
		return ": write int(...) or number(...) where the text holds one"
	case k == textKind:
		return `: list words for it with "true" and "false"`
	case k == instantKind && (t.Kind == row.Timestamp || t.Kind == row.Date):
		return ": give the column a timezone, or type timestamptz"
	case (k == stampKind || k == dateKind) && t.Kind == row.TimestampTZ:
		return ": give the column a timezone"
	case t.Kind == row.String:
		return `: write strftime(..., "%Y-%m-%d") or string(...)`
	}
	return ""
}

// takesWords tells whether options say how texts are read.
func (c *converter) takesWords() bool {
	return c.yes != nil || c.no != nil || c.numbersAs() || c.nulls != nil || c.empty == "null"
}

// converter compiles a column's options.
func (c *compiler) converter(col *spec.Column) (*converter, spec.Errors) {
	var errs spec.Errors
	wrong := func(key string, t spec.Text, format string, args ...any) {
		e := &spec.Error{File: c.job.File, Line: col.Pos.Line, Column: col.Pos.Column, Path: col.Pos.Path + "." + key, Msg: fmt.Sprintf(format, args...)}
		if t.S != "" {
			e = c.job.ErrorAt(t, 0, e.Msg, "")
		}
		errs = append(errs, e)
	}
	out := &converter{
		typ: *col.Type, required: col.Required, nulls: col.Null, empty: col.Empty, trim: col.Trim, oneOf: col.OneOf,
		most: col.MaxLen, yes: col.True, no: col.False, point: col.Decimal, thousand: col.Thousand,
		currency: col.Currency, percent: col.Percent, brackets: col.Brackets, split: col.Split.S,
	}
	var err error
	if col.Match.S != "" {
		if out.match, err = regexp.Compile(col.Match.S); err != nil {
			wrong("match", col.Match, "%s", patternWords(err))
		}
	}
	if col.Timezone != "" {
		if out.zone, err = loadZone(col.Timezone); err != nil {
			wrong("timezone", spec.Text{}, "%s", err)
		}
	}
	for _, t := range col.Formats {
		f, err := formatFor(t.S, *col.Type)
		if err != nil {
			wrong("formats", t, "%s", err)
		}
		out.formats = append(out.formats, f)
	}
	out.settle()
	return out, errs
}

// formatFor returns the form of a column's dates or times.
func formatFor(text string, t row.Type) (*timeFormat, error) {
	for t.Kind == row.List {
		t = *t.Elem
	}
	f, err := parseTimeFormat(text)
	switch {
	case err != nil:
		return nil, err
	case t.Kind < row.Date || t.Kind > row.TimestampTZ: // a table's type, which spec does not know
		return nil, faultf("formats are for dates and times, and the column is %s", t)
	}
	if why := formatFits(f, t); why != "" {
		return nil, faultf("%s", why)
	}
	return f, nil
}

// settle sets what follows from the type. The words of a list's column are
// those of its elements.
func (c *converter) settle() {
	c.put, c.quick = puts[c.typ.Kind], quickOf(c)
	if c.typ.Kind != row.List {
		return
	}
	elem := *c
	elem.typ, elem.required, elem.split = *c.typ.Elem, false, ""
	elem.settle()
	c.elem = &elem
}

// loadZone returns a time zone by its name in the IANA database.
func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, faultf("there is no time zone %q: names are such as UTC and Asia/Seoul", name)
	}
	return zone, nil
}
