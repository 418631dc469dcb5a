package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A checker finds what is wrong between the keys of a job, each of which is
// right by itself.
type checker struct {
	*reader
	job    *Job
	params []string
}

func (c *checker) check() {
	c.checkParams()
	c.checkLets()
	c.checkStores()
	c.checkFrom()
	c.checkColumns()
	switch c.target {
	case fileTarget:
		c.checkFileTarget()
	case tableTarget:
		c.checkTableTarget()
	default:
		c.checkNoTarget()
	}
	c.checkErrors()
}

// there returns where the key of a mapping stands, if it does.
func (c *checker) there(path, key string) (Pos, bool) {
	at, ok := c.seen[join(path, key)]
	return at, ok
}

// wrong reports whether the value of the path itself is wrong.
func (c *checker) wrong(path string) bool {
	return slices.ContainsFunc(c.errs, func(e *Error) bool { return e.Path == path })
}

// failKey reports a key that is there but should not be.
func (c *checker) failKey(path, key, msg, hint string) {
	if at, ok := c.there(path, key); ok {
		c.fail(at, msg, hint)
	}
}

func (c *checker) checkParams() {
	upper := map[string]string{}
	for _, p := range c.job.Params {
		if p.Name == "job" || p.Name == "run" || p.Name == "file" {
			c.fail(p.Pos, fmt.Sprintf("{%s} is known in templates already", p.Name), "choose another name")
		}
		if other, ok := upper[strings.ToUpper(p.Name)]; ok {
			c.fail(p.Pos, fmt.Sprintf("the param differs from %s in case only, and both would be %s", other, EnvName(p.Name)), "choose another name")
		}
		upper[strings.ToUpper(p.Name)] = p.Name
		c.params = append(c.params, p.Name)
		if p.Default == nil || p.Type.Kind == row.Any || p.Type.Kind == row.String {
			continue
		}
		if _, _, err := paramValue(p.Type, p.Default.S); err != nil {
			c.fail(p.Default.Pos, fmt.Sprintf("%q is not %s", Redact(p.Default.S), paramWant(p.Type)), "as in "+paramExample(p.Type))
		}
	}
}

func (c *checker) checkLets() {
	for _, l := range c.job.Let {
		if Reserved(l.Name) {
			c.fail(l.Pos, fmt.Sprintf("%s means something in expressions already", l.Name), "choose another name")
		}
	}
}

func (c *checker) checkStores() {
	for name, s := range c.job.Stores {
		c.checkNames(s.Endpoint, names{known: c.params, what: "params"})
		if s.Endpoint.S == "" && s.Region == "" && s.Profile == "" && s.PathStyle == nil {
			if at, ok := c.there("stores", name); ok {
				c.fail(at, "nothing is said of the store", "endpoint, region, profile or path_style")
			}
		}
	}
}

// checkNoTarget says what a target needs.
func (c *checker) checkNoTarget() {
	to := c.job.To
	switch {
	case to.Pos.Line == 0: // that to is missing is said already
	case to.Files.S == "" && to.Database.S == "":
		if _, ok := c.there("to", "files"); !ok {
			c.fail(to.Pos, "a target is missing", "files for a job that writes files, database and table for one that loads a table")
		}
	default:
		c.failKey("to", "database", "a job writes files or loads a table, not both", "leave out files or database")
	}
}

func (c *checker) checkFileTarget() {
	to := &c.job.To
	c.checkOutput(to)
	if at, ok := c.there("to", "parquet"); ok && to.Format != "parquet" {
		c.fail(at, "the outputs are "+to.Format, "leave parquet out, or format: parquet")
	}
	if at, ok := c.there("to", "csv"); ok && to.Format != "csv" {
		c.fail(at, "the outputs are "+to.Format, "leave csv out, or format: csv")
	}
	if strings.Contains(to.CSV.Null, to.CSV.Delimiter) {
		c.failKey("to.csv", "null", fmt.Sprintf("%q has the delimiter in it", to.CSV.Null), "choose another word, or another delimiter")
	}
}

// checkOutput checks the template of the outputs and settles their format.
func (c *checker) checkOutput(to *To) {
	t := to.Files
	if t.S == "" {
		return // refused before
	}
	fields := c.job.From.Fields()
	known := slices.Concat(c.params, fields, []string{"file.stem", "file.name", "file.key"})
	for _, f := range fields {
		known = append(known, "file."+f)
	}
	if !c.failed("from") { // else its fields may not be known
		c.checkNames(t, names{known: known, what: "params, the fields of each or the captures, and file.*"})
	}
	c.checkBucket(t)
	if t.S == "-" || strings.HasSuffix(t.S, "/") {
		c.failAt(t.Text, &fault{0, "this names no file", "as in out/{file.stem}.parquet"})
	}
	named := ""
	for _, o := range outputs {
		if slices.Contains(o.endings, ending(t)) {
			named = o.format
		}
	}
	switch {
	case to.Format == "" && named != "":
		to.Format = named
	case to.Format == "":
		to.Format = "parquet"
	case named != "" && named != to.Format:
		c.failKey("to", "format", fmt.Sprintf("the format is %s, but to.files ends in %s", to.Format, ending(t)), "make them agree")
	}
}

// ending returns what the template's last name ends in, as in ".parquet".
func ending(t Template) string {
	last := t.Parts[len(t.Parts)-1].Literal
	dot := strings.LastIndexByte(last, '.')
	if dot < 0 || strings.ContainsRune(last[dot:], '/') {
		return ""
	}
	return strings.ToLower(last[dot:])
}

func (c *checker) checkTableTarget() {
	to := &c.job.To
	c.checkNames(to.Database, names{known: c.params, what: "params"})
	if to.Write == "" {
		to.Write = "upsert"
	}
	if _, ok := c.there("to", "key"); !ok && to.Write != "insert" {
		c.fail(to.Pos, fmt.Sprintf(`the key "key" is missing: write: %s has to know which row is which`, to.Write), "as in key: [id]")
	}
	c.checkKey(to)
	if to.Write != "mirror" {
		c.failKey("to", "within", "only write: mirror has this", "leave it out, or write: mirror")
	}
	if to.Write == "insert" {
		c.failKey("to", "delete_when", "write: insert deletes nothing", "leave it out, or write: upsert")
	}
	if to.Write != "mirror" && to.DeleteWhen.S == "" {
		c.failKey("to", "max_delete", "nothing is deleted without write: mirror or delete_when", "leave it out")
	}
}

func (c *checker) checkKey(to *To) {
	var columns []string
	for _, col := range c.job.Cols {
		columns = append(columns, col.Name)
	}
	for i, k := range to.Key {
		if !slices.Contains(columns, k.S) {
			c.fail(k.Pos, fmt.Sprintf("there is no column %q", k.S), cmp.Or(Suggest(k.S, columns), "the columns are "+listed(columns)))
		}
		if slices.ContainsFunc(to.Key[:i], func(other Text) bool { return other.S == k.S }) {
			c.fail(k.Pos, fmt.Sprintf("the column %q is there twice", k.S), "leave one out")
		}
	}
}

func (c *checker) checkErrors() {
	e, l := &c.job.Errors, &c.job.Limits
	if e.Rejects.Pos.Line > 0 {
		c.checkNames(e.Rejects, names{known: slices.Concat([]string{"job", "run"}, c.params), what: "job, run and params"})
	}
	if e.Rows == "fail" {
		c.failKey("errors", "allow", "rows: fail allows no reject", "leave one of the two out")
	}
	if at, ok := c.there("limits", "max_requests"); ok && l.Requests > 0 {
		c.fail(at, fmt.Sprintf("requests is fixed at %d", l.Requests), "leave one of the two out")
	}
}
