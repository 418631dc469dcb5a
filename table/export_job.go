package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// open begins the file.
func (e *export) open() (err error) {
	var read, write row.Schema
	for i := range e.columns {
		c := &e.columns[i]
		f := row.Field{Name: c.name, Type: c.typ}
		read = append(read, f)
		if e.texts(c) {
			f.Type = row.Type{Kind: row.String}
		}
		write = append(write, f)
	}
	e.read, e.write = row.NewBatch(read), row.NewBatch(write)
	write = write[:len(write)-len(e.twins)]
	out := counter{e.out, &e.bytes}
	if e.Format == "parquet" {
		e.file, err = format.NewParquet(out, write, format.ParquetOptions{Compression: e.Compression})
		return err
	}
	if e.Format == "xlsx" {
		return e.openBook(out, read[:len(write)])
	}
	packing, err := format.Compress(out, e.Compression)
	if err != nil {
		return &spec.UsageError{Err: err}
	}
	var file rowWriter
	switch e.Format {
	case "csv", "tsv":
		if e.Format == "tsv" && e.csv.Delimiter == "" {
			e.csv.Delimiter = "\t"
		}
		file, err = format.NewCSV(packing, write, e.csv)
	case "ndjson":
		file, err = format.NewNDJSON(packing, write)
	default:
		err = &spec.UsageError{Err: fmt.Errorf("sluice does not export to %s; known are csv, tsv, ndjson, parquet, xlsx", e.Format)}
	}
	e.file = packed{file, packing}
	return err
}

// openBook begins a workbook of columns of the types.
func (e *export) openBook(out io.Writer, s row.Schema) (err error) {
	if e.Compression != "" && e.Compression != "none" {
		return &spec.UsageError{Err: errors.New("a workbook is compressed as it is: its name ends in .xlsx")}
	}
	if e.file, err = format.NewXLSX(out, s, e.xlsx); err != nil {
		return &spec.UsageError{Err: err}
	}
	return nil
}

// lay finds the columns of the file among those of a job: the ones that it reads
// from a column or a member. What an expression works out has no inverse and is
// left out.
func (e *export) lay(im *Import) error {
	job := *im.target.job
	if job.From.Format = e.Format; e.Format == "parquet" {
		job.From.Format = "ndjson"
	}
	program, err := mapping.Compile(&job)
	if err != nil {
		return err
	}
	e.inverse = program.Inverse(e.cells())
	e.csv = format.CSVOptions{Delimiter: job.From.Delimiter}
	if err := e.dialect(&job.From, &job); err != nil {
		return err
	}
	var errs spec.Errors
	for _, c := range ordered(im.target) {
		if c.col.From.S == "" {
			if slices.Contains(im.target.key, c) {
				errs = append(errs, job.ErrorAt(c.col.Value, 0, "an expression has no inverse, and the key is needed", "read it with from, or export by --table"))
			} else {
				im.tell(fmt.Sprintf("column %s is left out: what an expression works out has no inverse", c.col.Name))
			}
			continue
		}
		name, err := e.name(&job, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		e.add(c, name)
	}
	e.columns = append(e.columns, e.twins...)
	for i, c := range e.columns {
		if slices.Contains(im.target.key, c.bound) {
			e.key = append(e.key, i)
		}
	}
	e.lacking(im, program)
	return errs.Sorted()
}

// ordered are the bindings of a target in the order of the job's columns.
func ordered(t *target) []*binding {
	all := slices.Concat(t.columns, t.links)
	slices.SortFunc(all, func(a, b *binding) int { return a.at - b.at })
	return all
}

func (im *Import) tell(text string) {
	if im.Notify != nil {
		im.Notify(plan.Event{Type: "notice", Text: text})
	}
}

// add adds a column of the job. One that is read from the same as a column
// before it is a twin of that.
func (e *export) add(c *binding, name string) {
	typ := *c.col.Type
	one := exported{name: name, typ: typ, at: c.at, bound: c, plain: mapping.NewPlain(typ)}
	if c.link != nil {
		one.plain = mapping.NewPlain(*typ.Elem)
	}
	if e.named(name) >= 0 {
		e.twins = append(e.twins, one)
		return
	}
	e.columns = append(e.columns, one)
}

// named is the first column of a name, -1 if there is none.
func (e *export) named(name string) int {
	return slices.IndexFunc(e.columns, func(c exported) bool { return c.name == name })
}

// compareTwins refuses rows in which columns differ that are read from the same.
func (e *export) compareTwins() error {
	for i := len(e.columns) - len(e.twins); i < len(e.columns); i++ {
		first := e.named(e.columns[i].name)
		for r := range e.write.Len {
			if !sameText(&e.write.Cols[i], &e.write.Cols[first], r) {
				return e.refuse(i, r, fmt.Errorf("columns %s and %s of the job are both read from it, and differ", e.columns[first].bound.col.Name, e.columns[i].bound.col.Name))
			}
		}
	}
	return nil
}

// sameText says whether values r of two columns are written the same.
func sameText(a, b *row.Column, r int) bool {
	if a.Null[r] || b.Null[r] {
		return a.Null[r] == b.Null[r]
	}
	x, err1 := format.AppendText(nil, a, r)
	y, err2 := format.AppendText(nil, b, r)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// name is what the file calls a column.
func (e *export) name(job *spec.Job, c *binding) (string, *spec.Error) {
	if e.cells() {
		if c.link != nil && c.col.Split.S == "" {
			return "", job.ErrorAt(c.col.From, 0, "a list has no cell without split", "--format ndjson")
		}
		return c.col.From.S, nil
	}
	path, err := format.ParsePath(c.col.From.S)
	if err != nil || len(path) != 1 || path[0].IsIndex {
		return "", job.ErrorAt(c.col.From, 0, "this is no member of the record itself, and sluice writes no nested ones", "--format csv")
	}
	return path[0].Name, nil
}

// dialect refuses what files of text are not written in.
func (e *export) dialect(from *spec.From, job *spec.Job) error {
	what := ""
	switch {
	case !e.cells():
		return nil
	case e.Format == "xlsx":
		return e.sheet(from, job)
	case from.Header != "" && from.Header != "true":
		what = "from.header: " + from.Header
	case from.Quote != "" && from.Quote != `"`:
		what = "from.quote: " + from.Quote
	case from.Escape != "":
		what = "from.escape: " + from.Escape
	case from.Comment != "":
		what = "from.comment: " + from.Comment
	default:
		e.csv.Mark = from.Encoding != "" && from.Encoding != "utf-8"
		return nil
	}
	return job.ErrorAt(spec.Text{Pos: from.Pos}, 0, what+": sluice writes no files of text in this form", "--format ndjson")
}

// sheet takes from the job which sheet it reads, and where the names are.
func (e *export) sheet(from *spec.From, job *spec.Job) error {
	at := spec.Text{Pos: from.Pos}
	number, err := strconv.Atoi(from.Sheet)
	switch {
	case from.Header == "false":
		return job.ErrorAt(at, 0, "from.header: false: sluice writes no workbooks without names", "--format ndjson")
	case err == nil && number != 1:
		return job.ErrorAt(at, 0, "from.sheet: "+from.Sheet+": sluice writes workbooks of one sheet", "give its name")
	case err != nil:
		e.xlsx.Sheet = from.Sheet
	}
	e.xlsx.HeaderLine, _ = strconv.Atoi(from.Header) // 0 for true
	return nil
}

// lacking tells which columns the job reads that the file does not have.
func (e *export) lacking(im *Import, program *mapping.Program) {
	var missing []string
	for _, name := range program.Headers() {
		if e.named(name) < 0 {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		im.tell(fmt.Sprintf("expressions of the job read %s, which the table does not have: plan takes the file only with from.absent_columns: null", strings.Join(missing, ", ")))
	}
}

// selectTarget is the query of the rows that the job loads: natural keys for
// look-ups, with what they were found by, and lists of them for links.
func (e *export) selectTarget(t *target, lists func(*binding) (value, join string)) (sql string, types []row.Type) {
	var fields []string
	joins := ""
	for i := range e.columns {
		c := &e.columns[i]
		c.field = len(fields)
		b := c.bound
		types = append(types, c.typ)
		switch {
		case b.link != nil:
			value, join := lists(b)
			fields, joins = append(fields, value), joins+join
			types[c.field] = row.Type{Kind: row.JSON}
		case b.lookup != nil:
			fields = append(fields, fmt.Sprintf("l%d.%s", b.at, quoteName(b.lookup.by.Name)), "t."+quoteName(b.to.Name))
			types = append(types, b.to.Type)
			joins += fmt.Sprintf(" LEFT JOIN %s l%d ON l%d.%s = t.%s", b.lookup.sqlName(), b.at, b.at, quoteName(b.lookup.id.Name), quoteName(b.to.Name))
		default:
			fields = append(fields, "t."+quoteName(b.to.Name))
		}
	}
	from := t.sqlName()
	if t.job.To.Write == "mirror" && t.job.To.Within.S != "" {
		from = "(SELECT * FROM " + from + " WHERE " + t.job.To.Within.S + ")"
	}
	sql = "SELECT " + strings.Join(fields, ", ") + " FROM " + from + " t" + joins
	if order := t.order(); order != "" {
		sql += " ORDER BY " + order
	}
	return sql, types
}

// grouped is lists for a database that groups all links at once.
func (b *binding) grouped(aggregate string) (value, join string) {
	return fmt.Sprintf("k%d.v", b.at), fmt.Sprintf(" LEFT JOIN (SELECT k.%s AS o, %s(CAST(r.%s AS text)) AS v FROM %s GROUP BY 1) k%d ON k%d.o = t.%s",
		quoteName(b.link.own.Name), aggregate, quoteName(b.lookup.by.Name), b.links(), b.at, b.at, quoteName(b.link.ownID.Name))
}

// links are the links k, with the rows r that they are to.
func (b *binding) links() string {
	return fmt.Sprintf("%s k LEFT JOIN %s r ON r.%s = k.%s", b.link.sqlName(), b.lookup.sqlName(), quoteName(b.lookup.id.Name), quoteName(b.link.other.Name))
}

// order is that of the job's key, else of the primary key.
func (t *target) order() string {
	if len(t.key) > 0 {
		return each(t.key, ", ", "t.%c")
	}
	names := t.PrimaryKey()
	for i := range names {
		names[i] = "t." + quoteName(names[i])
	}
	return strings.Join(names, ", ")
}
