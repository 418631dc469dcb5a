package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// Values are the params of one run of a job, each of its type.
type Values struct {
	texts  map[string]string
	shown  map[string]string
	values map[string]any
	env    func(string) (string, bool)
}

// Text returns a param's value as templates write it: a date is 2024-04-17, a
// timestamp 2024-04-17T09:30:00, one with zone in UTC. An environment
// variable is asked for as "${NAME}".
func (v *Values) Text(name string) (string, bool) {
	if env, ok := strings.CutPrefix(name, "${"); ok {
		return v.env(strings.TrimSuffix(env, "}"))
	}
	text, ok := v.texts[name]
	return text, ok
}

// Or returns a lookup of params by Text, and in more of what is no param.
func (v *Values) Or(more func(name string) (string, bool)) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if text, ok := v.Text(name); ok {
			return text, true
		}
		return more(name)
	}
}

// Has reports whether there is a param of the name.
func (v *Values) Has(name string) bool { _, ok := v.texts[name]; return ok }

// Value returns a param's value for expressions: a string, bool, int, float64
// or json.Number (decimal), or a time.Time in UTC: of a date its midnight, of
// a time of day that on 1970-01-01.
func (v *Values) Value(name string) any { return v.values[name] }

// Values returns the values of all params by name, as Value has them.
func (v *Values) Values() map[string]any { return maps.Clone(v.values) }

// Shown returns the texts of all params by name, to be shown or kept: without
// secrets, which are written as ${NAME} or xxxxx.
func (v *Values) Shown() map[string]string { return maps.Clone(v.shown) }

// EnvName returns the environment variable that a param is taken from.
func EnvName(param string) string { return "SLUICE_PARAM_" + strings.ToUpper(param) }

// Bind returns the job's params: those given, else those of the environment,
// else the defaults. An error is an Errors, with all that is missing, unknown
// or of another type.
func (j *Job) Bind(given map[string]string, env func(string) (string, bool)) (*Values, error) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	v := &Values{texts: map[string]string{}, shown: map[string]string{}, values: map[string]any{}, env: env}
	var errs Errors
	names := make([]string, len(j.Params))
	for i, p := range j.Params {
		names[i] = p.Name
		if fault := v.bind(p, given); fault != nil {
			errs = append(errs, &Error{j.File, p.Pos.Line, p.Pos.Column, p.Pos.Path, fault.msg, fault.hint})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			hint := Suggest(name, names)
			if hint == "" && len(names) > 0 {
				hint = "the job has " + strings.Join(names, ", ")
			}
			errs = append(errs, &Error{j.File, 1, 1, join("params", name), "the job has no such param", hint})
		}
	}
	if err := errs.Sorted(); err != nil {
		return nil, err
	}
	return v, nil
}

// BindFor is Bind for what one template asks for: of other params, those that
// are not given may be missing. byDefault says that one which it names was not
// given, and may have a default.
func (j *Job) BindFor(t Template, given map[string]string, env func(string) (string, bool)) (v *Values, byDefault bool, err error) {
	some := *j
	some.Params = nil
	for _, p := range j.Params {
		named := slices.ContainsFunc(t.Parts, func(part Part) bool { return part.Name == p.Name })
		_, there := given[p.Name]
		if !there {
			_, there = env(EnvName(p.Name))
		}
		if named || there {
			some.Params = append(some.Params, p)
		}
		byDefault = byDefault || named && !there
	}
	v, err = some.Bind(given, env)
	return v, byDefault, err
}

func (v *Values) bind(p Param, given map[string]string) *fault {
	text, ok := given[p.Name]
	from := "--param " + p.Name
	if !ok {
		text, ok = v.env(EnvName(p.Name))
		from = EnvName(p.Name)
	}
	shown := text
	if !ok {
		if p.Default == nil {
			return &fault{
				0, "the param is not given: " + paramWant(p.Type),
				fmt.Sprintf("--param %s=%s or the environment variable %s", p.Name, paramExample(p.Type), EnvName(p.Name)),
			}
		}
		var fault *fault
		if text, fault = v.defaultText(p); fault != nil {
			return fault
		}
		shown, from = p.Default.S, "its default"
	}
	canonical, value, err := paramValue(p.Type, text)
	if err != nil {
		return &fault{0, fmt.Sprintf("%q (%s) is not %s", Redact(text), from, paramWant(p.Type)), "as in " + paramExample(p.Type)}
	}
	if p.Type.Kind != row.String {
		shown = canonical
	}
	v.texts[p.Name], v.values[p.Name], v.shown[p.Name] = canonical, value, RedactURL(shown)
	return nil
}

var envName = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// defaultText returns a param's default. In that of a string, ${NAME} is an
// environment variable.
func (v *Values) defaultText(p Param) (string, *fault) {
	if p.Type.Kind != row.String {
		return p.Default.S, nil
	}
	var missing *fault
	text := envName.ReplaceAllStringFunc(p.Default.S, func(name string) string {
		value, ok := v.Text(name)
		if !ok {
			missing = &fault{
				0, fmt.Sprintf("the environment variable %s of its default is not set", strings.Trim(name, "${}")),
				fmt.Sprintf("set it, or --param %s=%s", p.Name, paramExample(p.Type)),
			}
		}
		return value
	})
	return text, missing
}

// paramWant says what a text for a param of the type is.
func paramWant(t row.Type) string {
	switch t.Kind {
	case row.String:
		return "a text"
	case row.Bool:
		return "true or false"
	case row.Int16, row.Int32, row.Int64:
		return "an integer (" + t.String() + ")"
	case row.Float32, row.Float64:
		return "a number"
	case row.Decimal:
		return "a " + t.String()
	case row.Time:
		return "a time of day"
	case row.TimestampTZ:
		return "a timestamp with its zone"
	}
	return "a " + t.String()
}

func paramExample(t row.Type) string {
	switch t.Kind {
	case row.Bool:
		return "true"
	case row.Int16, row.Int32, row.Int64:
		return "42"
	case row.Float32, row.Float64, row.Decimal:
		return "0.5"
	case row.Date:
		return "2024-04-17"
	case row.Time:
		return "09:30:00"
	case row.Timestamp:
		return "2024-04-17T09:30:00"
	case row.TimestampTZ:
		return "2024-04-17T09:30:00+09:00"
	}
	return "TEXT"
}
