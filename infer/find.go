package infer

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// mostKeys is how many keys of a source are looked at.
const mostKeys = 5000

// A place is where source files are, and how their names go.
type place struct {
	store  store.Store
	root   string // what stands before a key in a URL
	source string // what the names of all files begin with: the param source
	files  []store.Info
	ext    string // of every file, with its point: ".json.gz"
	form   string // the format of the first file that is looked at, as a job has it; "": JSON
	known  bool   // form is
	more   bool   // there are keys that were not looked at
	names  string // template of the rest of the names after the source; "": there is one file
	output string // template of an output's name in its folder
	notes  []string
	levels []level
}

// url returns the URL of a file.
func (p *place) url(f store.Info) string { return p.root + f.Key }

// find finds the files at a source, and chooses those that go together.
func find(ctx context.Context, stores *store.Set, source string) (*place, error) {
	if source == "-" {
		return nil, &NothingError{errStandardInput}
	}
	if source == "" {
		return nil, nothing("the source is empty: name a file, a folder or a URL (. is this folder)")
	}
	if store.IsArchive(source) {
		source += "#" // its files
	}
	st, key, err := stores.Open(ctx, source)
	if err != nil {
		return nil, err
	}
	p := &place{store: st, root: rootOf(source)}
	one, err := p.one(ctx, key)
	if one || err != nil {
		return p, err
	}
	prefix, keys, err := p.list(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, nothing("%s: there is no file or folder of that name, or none with a file in it", spec.Redact(source))
	}
	p.arrange(prefix, keys)
	return p, nil
}

// rootOf returns what stands before keys in URLs: nothing for local files, the
// archive for those in one.
func rootOf(source string) string {
	if archive, _, ok := store.Member(source); ok {
		return archive + "#"
	}
	scheme, rest, ok := strings.Cut(source, "://")
	if !ok || strings.EqualFold(scheme, "file") {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host + "/"
}

// one takes the source as one file, if it is one.
func (p *place) one(ctx context.Context, key string) (bool, error) {
	web := strings.HasPrefix(p.root, "https://")
	if !web && (key == "" || strings.HasSuffix(key, "/")) {
		return false, nil
	}
	info, err := store.Head(ctx, p.store, key)
	switch {
	case err == nil && !web && info.Size < 0:
		return false, nil
	case err == nil:
		p.take(info)
		return true, nil
	case web:
		return false, err
	case store.IsNotExist(err), store.IsDenied(err) && !store.IsFatal(err), store.KindOf(err) == store.Other:
		return false, nil // listing says more
	}
	return false, err
}

// take takes one file as the source.
func (p *place) take(f store.Info) {
	p.source, p.files = p.url(f), []store.Info{f}
	name, _, _ := strings.Cut(path.Base(f.Key), "?") // of a web host
	p.ext, p.output = extension(name), "{file.stem}.parquet"
}

// list returns the keys of a folder, or if there is none of that name, those
// with the prefix; and what they all begin with.
func (p *place) list(ctx context.Context, key string) (prefix string, keys []store.Info, err error) {
	if key != "" && !strings.HasSuffix(key, "/") {
		keys, err = p.listPrefix(ctx, key+"/")
		if err != nil || len(keys) > 0 {
			return key + "/", keys, err
		}
	}
	keys, err = p.listPrefix(ctx, key)
	return key, keys, err
}

func (p *place) listPrefix(ctx context.Context, prefix string) ([]store.Info, error) {
	var keys []store.Info
	for info, err := range store.List(ctx, p.store, prefix, "") {
		if err != nil {
			return nil, err
		}
		if !ours(info.Key[len(prefix):], prefix) {
			continue
		}
		if len(keys) == mostKeys {
			p.more = true
			break
		}
		keys = append(keys, info)
	}
	return keys, nil
}

// ours says whether a key may be a source file: not sluice's own, hidden, or
// the mark of an empty folder.
func ours(rest, prefix string) bool {
	if rest == "" || strings.HasSuffix(rest, "/") {
		return false
	}
	whole := prefix[strings.LastIndexByte(prefix, '/')+1:] + rest
	for part := range strings.SplitSeq(whole, "/") {
		if part == "_sluice" || strings.HasPrefix(part, ".") {
			return false
		}
	}
	return true
}

var usualExtension = regexp.MustCompile(`^\.[A-Za-z][A-Za-z0-9]{0,9}$`)

// extension returns a name's extension and that of a compression after it:
// ".json", ".ndjson.gz"; "" if there is none that looks like one.
func extension(name string) string {
	plain := format.PlainName(name)
	ext := path.Ext(plain)
	if !usualExtension.MatchString(ext) || ext == plain {
		ext = ""
	}
	return ext + name[len(plain):]
}

// inner is the extension without that of a compression, in lower case.
func inner(ext string) string { return strings.ToLower(format.PlainName(ext)) }

// isJSON says whether files of the extension are JSON by their name.
func isJSON(ext string) bool {
	return slices.Contains([]string{".json", ".ndjson", ".jsonl", ".geojson"}, inner(ext))
}

// settle finds out of what format the files are: of the one that their names say,
// if the first one does not begin like another.
func (d *draft) settle(url string, head []byte) {
	p, named := d.place, formOf(d.place.ext)
	p.form, p.known = format.Sniff(head, named), true
	if p.form != named && named != "" {
		d.notes = append(d.notes, fmt.Sprintf("%s is no %s, whatever its name, but %s", spec.Redact(url), named, formWords[p.form]))
	}
}

// formWords are what files of formats are, in words.
var formWords = map[string]string{
	"": "JSON", "csv": "a table of text", "xls": "an old workbook of Excel (xls)", "xlsx": "a workbook of Excel (xlsx)",
	"ods": "a spreadsheet of OpenDocument (ods)", "html": "a page of HTML", "parquet": "Parquet",
}

// formOf is the format of files of an extension, as a job has it; "" if the
// extension says none, or JSON.
func formOf(ext string) string {
	switch inner(ext) {
	case ".ndjson", ".jsonl":
		return "ndjson"
	case ".json", ".geojson":
		return "json"
	}
	return mapping.FormatOf(&spec.From{}, "x"+inner(ext))
}

// isText says whether the files are tables of text.
func (p *place) isText() bool { return p.form == "csv" || p.form == "tsv" }

// isBook says whether the files are workbooks, or have tables like those.
func (p *place) isBook() bool { return format.HasSheets(p.form) }

// isTable says whether the files are tables, whose columns have names and whose
// rows are no objects.
func (p *place) isTable() bool { return p.isText() || p.isBook() }

// A kindOfName is what files that go together have in common.
type kindOfName struct {
	ext   string
	depth int // folders below the source
}

// arrange chooses the files that go together: the commonest extension of JSON,
// or else of another format, or else of any, at its commonest depth.
func (p *place) arrange(prefix string, keys []store.Info) {
	groups := map[kindOfName][]store.Info{}
	for _, k := range keys {
		rest := k.Key[len(prefix):]
		kind := kindOfName{extension(path.Base(k.Key)), strings.Count(rest, "/")}
		groups[kind] = append(groups[kind], k)
	}
	var best kindOfName
	for kind, files := range groups {
		if p.files == nil || better(kind, len(files), best, len(p.files)) {
			best, p.files = kind, files
		}
	}
	p.ext = best.ext
	delete(groups, best)
	if p.ext == "" { // then the template matches every name
		for kind, files := range groups {
			if kind.depth == best.depth {
				p.files = append(p.files, files...)
				delete(groups, kind)
			}
		}
		slices.SortFunc(p.files, func(a, b store.Info) int { return strings.Compare(a.Key, b.Key) })
	}
	p.leftOut(groups)
	if p.more {
		p.notes = append(p.notes, fmt.Sprintf("there are more than %d files; names were looked at up to %s", mostKeys, keys[len(keys)-1].Key))
	}
	p.template(prefix)
}

// isData says whether files of the extension are of a known format; those of YAML
// may be jobs.
func isData(ext string) bool {
	form := formOf(ext)
	return form != "" && form != "yaml"
}

func better(a kindOfName, n int, b kindOfName, m int) bool {
	switch {
	case isJSON(a.ext) != isJSON(b.ext):
		return isJSON(a.ext)
	case isData(a.ext) != isData(b.ext):
		return isData(a.ext)
	case n != m:
		return n > m
	case a.depth != b.depth:
		return a.depth < b.depth
	}
	return a.ext < b.ext
}

// leftOut notes the files that the template does not match.
func (p *place) leftOut(groups map[kindOfName][]store.Info) {
	n := 0
	var names []string
	for _, files := range groups {
		n += len(files)
		names = append(names, p.url(files[0]))
	}
	if n == 0 {
		return
	}
	slices.Sort(names)
	p.notes = append(p.notes, fmt.Sprintf("left out %s of other extensions or in other folders (%s)", count(n, "file"), some(names)))
}
