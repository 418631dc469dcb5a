package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-128c3863/sluice/spec"
)

// kinds is a set of kinds that an argument may be of.
type kinds uint32

const (
	textArg     kinds = 1 << textKind
	intArg      kinds = 1 << intKind
	numberArg   kinds = 1<<intKind | 1<<floatKind
	bigArg      kinds = numberArg | 1<<bigKind
	listArg     kinds = 1 << listKind
	momentArg   kinds = 1<<dateKind | 1<<stampKind | 1<<instantKind
	durationArg kinds = 1 << durationKind
	someArg     kinds = 1<<(objectKind+1) - 1 - 1<<nullKind // anything but null
	anyArg      kinds = 1<<(objectKind+1) - 1
)

func (ks kinds) has(k kind) bool { return ks&(1<<k) != 0 }

// String names what an argument may be, for a message.
func (ks kinds) String() string {
	switch {
	case ks == someArg:
		return "a value"
	case ks == numberArg || ks == bigArg:
		return "a number"
	}
	var words []string
	for k := nullKind; k <= objectKind; k++ {
		if ks.has(k) && !(k == intKind && ks.has(floatKind)) && k != bigKind {
			words = append(words, k.String())
		}
	}
	return strings.Join(words, " or ")
}

// A function can be called in expressions.
type function struct {
	name      string
	signature string // as the documentation shows it
	doc       string // one sentence
	args      []kinds
	least     int  // arguments that must be given
	variadic  bool // the last of args may come again
	out       kind
	call      func(m *Mapper, args []value) (value, error)

	// prepare compiles a call whose arguments are partly constant, so that
	// they are looked at once. It may return nil to leave it at call.
	prepare func(nodes []ast.Node, args []*node) (*node, error)
	// path compiles a call that is a part of a path; nil if it is none.
	path func(c *compiler, args []ast.Node) *node
	// loop compiles a call whose second argument is worked out for each
	// element of the first.
	loop func(c *compiler, f *function, args []ast.Node) (*node, error)
}

// A Function is the documentation of one function of expressions.
type Function struct{ Name, Signature, Doc string }

// Functions returns the functions that expressions can call, by name.
func Functions() []Function {
	var out []Function
	for _, f := range functionTable() {
		out = append(out, Function{f.name, f.signature, f.doc})
	}
	slices.SortFunc(out, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func functionTable() []*function {
	return slices.Concat(textFunctions(), numberFunctions(), timeFunctions(), castFunctions(), listFunctions(), loopFunctions())
}

// elsewhere says what to write instead of functions that people try.
var elsewhere = map[string]string{
	"now": "run.time is when the run began", "today": "date(run.time) is the day the run began, in UTC", "duration": "hours(n), minutes(n), seconds(n) and days(n) are durations",
	"toJSON": "to_json(value)", "fromJSON": "parse_json(text)", "hasPrefix": "a startsWith b", "hasSuffix": "a endsWith b", "str": "string(value)", "datetime": "strptime(text, format)", "timestamp": "strptime(text, format) or from_unix(seconds)",
	"substr": "text[from:to], left(text, n) or right(text, n)", "substring": "text[from:to], left(text, n) or right(text, n)", "concat": "a + b", "length": "len(value)", "md5sum": "md5(text)", "ifnull": "a ?? b", "nvl": "a ?? b", "if": "condition ? a : b", "number_format": "string(value)",
	"toLower": "lower(text)", "toUpper": "upper(text)", "strip": "trim(text)", "regex_match": "text matches pattern", "uniq": "unique(list)", "decimal": "number(text)",
}

// call compiles f(arguments).
func (c *compiler) call(n ast.Node, name string, argNodes []ast.Node) (*node, error) {
	f := c.functions[name]
	if f == nil {
		if hint := elsewhere[name]; hint != "" {
			return nil, mistakeHint(n, "write "+hint, "there is no function %s", name)
		}
		return nil, mistakeHint(n, spec.Suggest(name, slices.Sorted(maps.Keys(c.functions))), "there is no function %s", name)
	}
	if len(argNodes) < f.least || !f.variadic && len(argNodes) > len(f.args) {
		return nil, mistakef(n, "%s takes %s: %s", name, argCount(f), f.signature)
	}
	if f.loop != nil {
		return f.loop(c, f, argNodes)
	}
	if f.path != nil {
		if n := f.path(c, argNodes); n != nil {
			return n, nil
		}
	}
	return c.plainCall(f, argNodes)
}

// plainCall compiles a call whose arguments are worked out before it.
func (c *compiler) plainCall(f *function, argNodes []ast.Node) (*node, error) {
	args, all, err := c.all(argNodes)
	if err != nil {
		return nil, err
	}
	for i, a := range args {
		if want := f.arg(i); a.k != anyKind && !want.has(a.k) {
			return nil, mistakef(leftmost(argNodes[i]), "%s takes %s%s, not %s", f.name, want, position(i), a.k)
		}
	}
	if f.prepare != nil {
		switch prepared, err := f.prepare(argNodes, args); {
		case err != nil:
			return nil, err
		case prepared != nil:
			prepared.deps |= all
			return prepared, nil
		}
	}
	return &node{k: f.out, deps: all, eval: func(m *Mapper) (value, error) { return m.call(f, args) }}, nil
}

func (f *function) arg(i int) kinds { return f.args[min(i, len(f.args)-1)] }

func argCount(f *function) string {
	most := len(f.args)
	switch {
	case f.variadic:
		return fmt.Sprintf("at least %d %s", f.least, plural(int64(f.least), "argument"))
	case f.least == most:
		return fmt.Sprintf("%d %s", most, plural(int64(most), "argument"))
	}
	return fmt.Sprintf("%d to %d arguments", f.least, most)
}

func position(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprintf(" as argument %d", i+1)
}

// call works the arguments out, checks them and calls f.
func (m *Mapper) call(f *function, args []*node) (value, error) {
	base := len(m.stack)
	defer func() { m.stack = m.stack[:base] }()
	for i, a := range args {
		v, err := a.eval(m)
		if err != nil {
			return v, inside(err)
		}
		if want := f.arg(i); !want.has(v.k) {
			return v, wrongArg(f.name, i, want, v)
		}
		m.stack = append(m.stack, v)
	}
	return f.call(m, m.stack[base:])
}

func wrongArg(name string, i int, want kinds, v value) error {
	hint := ""
	switch {
	case v.k == textKind && (want == numberArg || want == bigArg || want == intArg):
		hint = " (write int(...) or number(...) where the text holds one)"
	case v.isNumber() && want == textArg:
		hint = " (write string(...))"
	}
	return faultOf(v, "%s takes %s%s, not %s%s", name, want, position(i), v.show(), hint)
}

// one compiles a call with one argument that is worked out each time, the
// others having been looked at when it was compiled.
func one(name string, out kind, want kinds, arg *node, do func(m *Mapper, v value) (value, error)) *node {
	return &node{k: out, eval: func(m *Mapper) (value, error) {
		v, err := arg.eval(m)
		if err != nil {
			return v, inside(err)
		}
		if !want.has(v.k) {
			return v, wrongArg(name, 0, want, v)
		}
		return do(m, v)
	}}
}
