package spec

// A Template is a URL or path with names in braces: {name} is a value known
// before, {*name} a capture, matched in the keys that a listing finds.
// ${NAME} is an environment variable.
type Template struct {
	Text
	Parts []Part
}

// A Part is a literal or a name of a Template.
type Part struct {
	Literal string
	Name    string // "file.stem", "current_date"; "" for a literal
	Capture bool
	Env     bool
	Column  int // 1-based, in the template's text
}
