package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Schema returns the JSON Schema of job files, for editors. It is made of the
// same table of keys that Parse follows; what depends on two keys at once is
// in it where it is about the target, and else is for Parse alone.
func Schema() []byte {
	k := jobKind()
	schema := object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "sluice job",
		"description": "A job of sluice: which files are read, what becomes of their records, and where the rows go.",
		"if":          object{"properties": object{"to": object{"required": []string{"database"}}}},
		"then":        k.elsewhere(tableTarget),
		"else":        k.elsewhere(fileTarget),
	}
	for name, value := range k.schema {
		schema[name] = value
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("spec: the schema cannot be written: %v", err)) // it is strings and numbers alone
	}
	return append(text, '\n')
}

// mappingSchema is the JSON Schema of a mapping of fixed keys.
func mappingSchema[T any](keys []key[T]) object {
	properties, need := object{}, []string{}
	for _, k := range keys {
		described := object{"description": k.doc}
		for name, value := range k.schema {
			described[name] = value
		}
		properties[k.name] = described
		if k.need && k.only == bothTargets {
			need = append(need, k.name)
		}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(need) > 0 {
		schema["required"] = need
	}
	return schema
}

// templateForm is what parseParts reads, but for the names' own rules.
const templateForm = `^(?:\$*(?:[^{}$]|\{\{|\}\}|\{\*?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?\}))*\$*$`

// templateSchema is the JSON Schema of templates of a URL of one of the schemes
// or, with paths, of a path.
func templateSchema(paths bool, schemes []string) object {
	known := object{"pattern": "^(?:(?:" + strings.Join(schemes, "|") + ")://|[{$])"}
	if paths {
		known = object{"anyOf": []object{known, {"not": object{"pattern": scheme.String()}}}}
	}
	return object{"type": "string", "minLength": 1, "pattern": templateForm, "allOf": []object{known}}
}

// never is the kind with a schema that refuses texts of the forms. What read
// says of them is for the checks to say.
func never[V any](k kind[V], forms ...string) kind[V] {
	all, _ := k.schema["allOf"].([]object)
	for _, form := range forms {
		all = append(slices.Clip(all), object{"not": object{"pattern": form}})
	}
	k.schema["allOf"] = all
	return k
}

// sources is a template of the files to read.
func sources() kind[Template] {
	capture := `\{\*[^{}]*\}`
	return never(template("s3", "https", "file"),
		capture+capture, `^https://.*`+capture, `^[^/]*//[^/]*`+capture, `\{\*[^{}]*\.`,
		`\{\*(?:`+strings.Join(FileFields[:], "|")+`)\}`, `(?:^|[^{])\*`)
}

// output is a template of one file to write.
func output() kind[Template] { return never(template("s3", "file"), `\{\*`, "/$", "^-$") }

// elsewhere is the part of a mapping's schema that depends on the target: the
// keys of the other one are refused, those it needs required.
func elsewhere[T any](keys []key[T], is target) object {
	properties, need := object{}, []string{}
	for _, k := range keys {
		switch {
		case k.only != bothTargets && k.only != is:
			properties[k.name] = false
		case k.need && k.only == is:
			need = append(need, k.name)
		}
		if k.elsewhere != nil && properties[k.name] == nil {
			if inner := k.elsewhere(is); inner != nil {
				properties[k.name] = inner
			}
		}
	}
	schema := object{}
	if len(properties) > 0 {
		schema["properties"] = properties
	}
	if len(need) > 0 {
		schema["required"] = need
	}
	if len(schema) == 0 {
		return nil
	}
	return schema
}
