package spec

import (
	"encoding/json"
	"fmt"
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
