package spec

import (
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// What one key has to do with another: tables that the checks and the JSON
// Schema share, and the parts of the schema that say it.

var (
	numberKinds = []row.Kind{row.Int16, row.Int32, row.Int64, row.Float32, row.Float64, row.Decimal}
	dateKinds   = []row.Kind{row.Date, row.Time, row.Timestamp, row.TimestampTZ}
)

// ofTypes are the keys of a column that only some types have a use for.
var ofTypes = []struct {
	key   string
	kinds []row.Kind
}{
	{"formats", dateKinds},
	{"timezone", dateKinds[2:]},
	{"true", []row.Kind{row.Bool}},
	{"false", []row.Kind{row.Bool}},
	{"decimal", numberKinds},
	{"thousands", numberKinds},
	{"currency", numberKinds},
	{"percent", numberKinds},
	{"brackets", numberKinds},
	{"match", []row.Kind{row.String}},
	{"max_length", []row.Kind{row.String}},
}

var (
	jsonFormats = []string{"json", "ndjson"}
	textFormats = []string{"csv", "tsv"}

	sheetFormats = []string{"xlsx", "xls", "ods", "html"}
	fixedFormats = []string{"fixed"}
)

// ofFormats are the keys of from that only some formats have a use for.
var ofFormats = []struct {
	key     string
	formats []string
}{
	{"shape", jsonFormats[:1]},
	{"at", []string{"json", "yaml"}},
	{"compression", []string{"csv", "tsv", "json", "ndjson", "yaml"}},
	{"encoding", []string{"csv", "tsv", "fixed", "html", "xls", "json", "ndjson"}},
	{"delimiter", textFormats},
	{"quote", textFormats},
	{"escape", textFormats},
	{"comment", textFormats},
	{"footer", slices.Concat(textFormats, sheetFormats)},
	{"ragged", textFormats},
	{"header", slices.Concat(textFormats, sheetFormats, fixedFormats)},
	{"sheet", sheetFormats},
	{"positions", fixedFormats},
	{"unit", fixedFormats},
	{"extra_columns", slices.Concat(textFormats, sheetFormats, fixedFormats, []string{"parquet"})},
	{"absent_columns", slices.Concat(textFormats, sheetFormats, fixedFormats, []string{"parquet"})},
}

// encodings are those that tables of text are read in.
var encodings = []string{
	"utf-8", "utf-16", "utf-16le", "utf-16be", "cp949", "euc-kr", "shift-jis", "shift_jis", "euc-jp", "gb18030", "gbk", "big5", "latin-1",
	"windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
}

// outputs are the formats of outputs, and what their names end in.
var outputs = []struct {
	format  string
	endings []string
}{
	{"parquet", []string{".parquet"}}, {"csv", []string{".csv"}}, {"ndjson", []string{".ndjson", ".jsonl"}},
}

// withKeys adds to a schema what holds of a mapping that has a key.
func (k kind[V]) withKeys(when object) kind[V] {
	k.schema["dependentSchemas"] = when
	return k
}

// only is the schema of a mapping whose key, if it is there, has the schema.
func only(key string, schema object) object {
	return object{"properties": object{key: schema}}
}

// has is the schema of a mapping that has the key, with the schema.
func has(key string, schema object) object {
	return object{"required": []string{key}, "properties": object{key: schema}}
}

func betweenColumnKeys() object {
	when := object{}
	for _, k := range ofTypes {
		names := make([]string, len(k.kinds))
		for i, kind := range k.kinds {
			names[i] = kind.String()
		}
		when[k.key] = only("type", object{"pattern": `^(?:list\( *)*(?:` + strings.Join(names, "|") + `)\b`})
	}
	return when
}

func betweenFromKeys() object {
	when := object{
		"format": object{"if": only("format", object{"enum": jsonFormats}), "then": only("encoding", object{"enum": []string{"utf-8", "auto"}})},
		"each":   only("files", without(object{"type": "string", "pattern": `\{\*`})),
	}
	for _, k := range ofFormats {
		when[k.key] = only("format", object{"enum": k.formats})
	}
	oneRow := object{"if": has("format", object{"const": "fixed"}), "then": only("header", object{"not": object{"type": "string"}})}
	when["header"] = object{"allOf": []any{when["header"], oneRow}}
	return when
}

// without refuses a value of the schema, and a list that has one.
func without(schema object) object {
	return object{"not": schema, "items": object{"not": schema}}
}

// aloneInList refuses a list that has more than the text.
func aloneInList[V any](k kind[V], text string) kind[V] {
	k.schema["not"] = object{"type": "array", "minItems": 2, "contains": object{"const": text}}
	return k
}

func betweenToKeys() object {
	mirror := has("write", object{"const": "mirror"})
	insert := has("write", object{"const": "insert"})
	return object{
		"format":      object{"anyOf": []object{written("parquet"), written("csv"), written("ndjson")}},
		"parquet":     written("parquet"),
		"csv":         object{"anyOf": []object{has("format", object{"const": "csv"}), has("files", endsIn(".csv"))}},
		"database":    object{"anyOf": []object{{"required": []string{"key"}}, insert}},
		"within":      mirror,
		"delete_when": object{"not": insert},
		"max_delete":  object{"anyOf": []object{{"required": []string{"delete_when"}}, mirror}},
	}
}

// written is a target whose format and name are not those of another format.
func written(format string) object {
	var others []object
	for _, o := range outputs {
		if o.format != format {
			others = append(others, endsIn(o.endings...))
		}
	}
	return object{"properties": object{"format": object{"const": format}, "files": object{"not": object{"anyOf": others}}}}
}

// endsIn is a name with one of the endings, in any case.
func endsIn(endings ...string) object {
	var form strings.Builder
	for i, ending := range endings {
		if i > 0 {
			form.WriteByte('|')
		}
		form.WriteString(`\.`)
		for _, r := range ending[1:] {
			form.WriteString("[" + string(r) + strings.ToUpper(string(r)) + "]")
		}
	}
	return object{"pattern": "(?:" + form.String() + ")$"}
}
