package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Fingerprint returns a short hash of what the job makes of a source file:
// from, let, columns and to, and the values of the params that stand in them.
//
// Two jobs that differ only in comments, in formatting, in the order of keys
// that has no meaning, in a default that is written out, or in what changes no
// output (from.missing, the entries of from.each, to.keep, to.max_delete, to.lock_timeout, to.state)
// have the same. Of secrets only the names of their environment variables
// count.
func (j *Job) Fingerprint(v *Values) string {
	params := map[string]string{}
	for _, name := range j.ParamsUsed() {
		params[name] = v.shown[name]
	}
	text, err := json.Marshal(map[string]any{"from": j.hashedFrom(), "let": hashedLets(j.Let), "columns": hashedColumns(j.Cols), "to": j.hashedTo(), "params": params})
	if err != nil {
		panic(fmt.Sprintf("spec: a job cannot be hashed: %v", err)) // strings and numbers alone always can
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		panic(fmt.Sprintf("spec: a job cannot be hashed: %v", err))
	}
	// What is not said leaves no trace, so that a field that a later version
	// adds changes no hash.
	if text, err = json.Marshal(pruned(tree)); err != nil {
		panic(fmt.Sprintf("spec: a job cannot be hashed: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// pruned returns the value without what is null, false, 0 or empty, and
// without the places in the file.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "Pos")
		for key, value := range v {
			if value = pruned(value); value == nil {
				delete(v, key)
			} else {
				v[key] = value
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case bool, float64, string:
		if v == false || v == 0.0 || v == "" {
			return nil
		}
	}
	return v
}

func (j *Job) hashedFrom() any {
	from := j.From
	from.Missing = ""
	if from.Each != nil {
		each := *from.Each
		each.Inline = nil // which files there are, not what becomes of them
		from.Each = &each
	}
	return from
}

func (j *Job) hashedTo() any {
	to := j.To
	to.Keep, to.MaxDelete, to.LockTimeout, to.State = 0, Allow{}, 0, ""
	if to.Format != "parquet" {
		to.Parquet = Parquet{}
	}
	if to.Format != "csv" {
		to.CSV = CSV{}
	}
	return to
}

func hashedLets(lets []Let) any {
	list := make([][2]string, len(lets))
	for i, l := range lets {
		list[i] = [2]string{l.Name, l.Expr.S}
	}
	return list
}

// hashedColumns writes types by their names, and sorts lists of words.
func hashedColumns(cols []Column) any {
	type column struct {
		Column
		Type string
	}
	list := make([]column, len(cols))
	for i, c := range cols {
		for _, words := range []*[]string{&c.Null, &c.True, &c.False, &c.OneOf} {
			*words = slices.Sorted(slices.Values(*words))
		}
		list[i].Column = c
		if c.Type != nil {
			list[i].Type = c.Type.String()
		}
	}
	return list
}

var paramUse = regexp.MustCompile(`\bparam\b(?:\s*(?:\?\.|\.)\s*([A-Za-z_][A-Za-z0-9_]*))?`)

// ParamsUsed returns the params that stand in from, let, columns or to, in the
// order of the job. An expression that takes param as a whole uses them all.
func (j *Job) ParamsUsed() []string {
	used := map[string]bool{}
	templates := slices.Concat(j.From.Files, []Template{j.To.Files, j.To.Database})
	if j.From.Each != nil && j.From.Each.File != nil {
		templates = append(templates, *j.From.Each.File)
	}
	for _, t := range templates {
		for _, p := range t.Parts {
			used[p.Name] = used[p.Name] || !p.Env
		}
	}
	for _, e := range j.expressions() {
		for _, m := range paramUse.FindAllStringSubmatch(e, -1) {
			if m[1] == "" {
				for _, p := range j.Params {
					used[p.Name] = true
				}
			}
			used[m[1]] = true
		}
	}
	var names []string
	for _, p := range j.Params {
		if used[p.Name] {
			names = append(names, p.Name)
		}
	}
	return names
}

// expressions returns the texts of all expressions that an output depends on.
func (j *Job) expressions() []string {
	var list []string
	for _, l := range j.Let {
		list = append(list, l.Expr.S)
	}
	for _, c := range j.Cols {
		list = append(list, c.Value.S, c.Check.S)
	}
	return append(list, j.To.DeleteWhen.S, j.To.Within.S)
}

// MarshalText returns the template as it stands in the job, secrets left out.
func (t Template) MarshalText() ([]byte, error) { return []byte(strings.TrimSpace(t.String())), nil }
