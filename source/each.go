package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// entries returns the entries of `each`, as values of the Finder's fields.
func (f *Finder) entries(ctx context.Context) ([][]any, error) {
	each := f.Job.From.Each
	if each.File == nil {
		entries := make([][]any, len(each.Inline))
		for i, e := range each.Inline {
			values := make([]any, len(f.fields))
			for j, name := range f.fields {
				if t, ok := e[name]; ok {
					values[j] = t.S
				}
			}
			entries[i] = values
		}
		return entries, nil
	}
	url, err := each.File.Expand(f.Params.Text)
	if err != nil {
		return nil, err
	}
	text, err := f.readAll(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("from.each: %w", err)
	}
	entries, err := f.parseEntries(url, text)
	if err != nil {
		return nil, &spec.UsageError{Err: fmt.Errorf("from.each: %w", row.At(listName(url), err))}
	}
	return entries, nil
}

// listName is what a person calls the list of entries at a URL.
func listName(url string) string {
	if url == "-" {
		return "standard input"
	}
	return url
}

// readAll reads a small file that the job names; "-" is standard input.
func (f *Finder) readAll(ctx context.Context, url string) ([]byte, error) {
	if url == "-" {
		if f.Stdin == nil {
			return nil, errNoStdin
		}
		return io.ReadAll(f.Stdin)
	}
	st, key, err := f.Stores.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	text, _, err := store.Get(ctx, st, key, "")
	return text, err
}

// parseEntries reads a list of entries: CSV by its name, else JSON.
func (f *Finder) parseEntries(url string, text []byte) ([][]any, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	start := bytes.TrimSpace(text)
	switch ext := strings.ToLower(path.Ext(url)); {
	case len(start) == 0: // what was to write it may have failed
		return nil, errors.New("it is empty; an empty list is written []")
	case ext == ".csv", url == "-" && start[0] != '[' && start[0] != '{':
		return f.csvEntries(text)
	}
	list, err := jsonList(text, f.Job.From.Each.At.S)
	if err != nil {
		return nil, err
	}
	entries := make([][]any, 0, len(list))
	for i, v := range list {
		values, err := f.entry(v)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		entries = append(entries, values)
	}
	return entries, nil
}

// jsonList returns the list at a path of a JSON document. Several documents
// one after the other (NDJSON) are a list too.
func jsonList(text []byte, at string) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var docs []any
	for {
		var v any
		err := d.Decode(&v)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, jsonFault(err, int64(len(text)))
		}
		docs = append(docs, v)
	}
	if len(docs) != 1 {
		return docs, nil
	}
	steps, err := parsePath(at)
	if err != nil {
		return nil, err
	}
	v := docs[0]
	for i, step := range steps {
		object, _ := v.(map[string]any)
		var ok bool
		if v, ok = object[step.Name]; !ok {
			return nil, fmt.Errorf("from.each.at: there is no %s in it", steps.Upto(i+1))
		}
	}
	if list, ok := v.([]any); ok {
		return list, nil
	}
	if at == "" {
		return docs, nil
	}
	return nil, fmt.Errorf("from.each.at: %s is no list", at)
}

// jsonFault says where in a text of that many bytes JSON ends to be such.
func jsonFault(err error, size int64) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return &row.Error{Byte: syntax.Offset, Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &row.Error{Byte: size, Err: errors.New("the JSON is cut off here")}
	}
	return err
}

// parsePath reads a path that may be empty: the document itself.
func parsePath(text string) (format.Path, error) {
	if text == "" {
		return nil, nil
	}
	return format.ParsePath(text)
}

// entry puts the values of one entry, a list or an object, in the order of
// the Finder's fields.
func (f *Finder) entry(v any) ([]any, error) {
	values := make([]any, len(f.fields))
	switch v := v.(type) {
	case []any:
		if len(v) != len(f.Job.From.Each.Fields) {
			return nil, fmt.Errorf("from.each.fields names %d values, and it has %d", len(f.Job.From.Each.Fields), len(v))
		}
		for i := range v {
			values[i] = number(v[i])
		}
	case map[string]any:
		for i, name := range f.fields {
			value, ok := v[name]
			if !ok {
				return nil, fmt.Errorf("it has no %q", name)
			}
			values[i] = number(value)
		}
	default:
		if len(f.fields) != 1 {
			return nil, fmt.Errorf("it is neither a list nor an object")
		}
		values[0] = number(v)
	}
	return values, nil
}

// number makes a JSON number an int where it is one, exactly.
func number(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := strconv.Atoi(n.String()); err == nil {
		return i
	}
	f, _ := n.Float64()
	return f
}

func (f *Finder) csvEntries(text []byte) ([][]any, error) {
	r := csv.NewReader(bytes.NewReader(text))
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("it has no header: %w", err)
	}
	at := make(map[string]int, len(header))
	for i, name := range header {
		at[name] = i
	}
	for _, name := range f.fields {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("there is no column %q in its first line, which is %.80q", name, strings.Join(header, ","))
		}
	}
	var entries [][]any
	for {
		record, err := r.Read()
		if err == io.EOF {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		values := make([]any, len(f.fields))
		for i, name := range f.fields {
			values[i] = record[at[name]]
		}
		entries = append(entries, values)
	}
}

// fieldText returns the text of an entry's value, for a template.
func fieldText(names []string, entry []any, name string) (string, bool) {
	for i, n := range names {
		if n != name {
			continue
		}
		switch v := entry[i].(type) {
		case string:
			return v, true
		case nil:
			return "", false
		default:
			return fmt.Sprint(v), true
		}
	}
	return "", false
}
