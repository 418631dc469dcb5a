// Package spec reads job files: in flows YAML text, out flows a Job whose
// every part knows where it stands in the text, or errors that say file, line,
// column, the path of the key, what is wrong and what was probably meant.
//
//	Parse -> Job -> Bind(params) -> Values -> Template.Expand, Matcher
//
// One table of keys (keys.go, keys_to.go) drives the reading, "did you mean"
// and the JSON Schema: a new key is one line of it and a field of Job. Each
// kind of value (kind.go, value.go, special.go) is read and described to the
// schema in one place. What is between two keys is checked in check*.go.
//
// Nothing is read or opened here but the text it is given. Expressions and
// dotted paths are texts to spec; package mapping compiles them, and reports
// what is wrong in them by Job.ErrorAt.
package spec
