package table

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
)

// A namePart is one part of a table's name, as the job gives it.
type namePart struct {
	text   string
	quoted bool
}

// splitName splits the name of a table at its points: shop.product,
// "Order.Items", "a ""quoted"" one".
func splitName(name string) (parts []namePart, err error) {
	rest := name
	for {
		var p namePart
		if strings.HasPrefix(rest, `"`) {
			p.quoted = true
			if p.text, rest, err = cutQuoted(rest); err != nil {
				return nil, fmt.Errorf("table name %s %w", name, err)
			}
		} else if at := strings.IndexByte(rest, '.'); at >= 0 {
			p.text, rest = rest[:at], rest[at:]
		} else {
			p.text, rest = rest, ""
		}
		if parts = append(parts, p); p.text == "" || len(parts) > 2 {
			return nil, fmt.Errorf("table name %q is not NAME or SCHEMA.NAME", name)
		}
		if rest == "" {
			return parts, nil
		}
		if rest[0] != '.' {
			return nil, fmt.Errorf("table name %s has %q after a quote", name, rest)
		}
		rest = rest[1:]
	}
}

// splitColumn splits table.column, each of which may be in quotes.
func splitColumn(name string) (table, column string) {
	at, quoted := 0, false
	for i := range len(name) {
		switch {
		case name[i] == '"':
			quoted = !quoted
		case name[i] == '.' && !quoted:
			at = i
		}
	}
	table, column = name[:at], name[at+1:]
	if strings.HasPrefix(column, `"`) {
		column, _, _ = cutQuoted(column) // its quote is closed, as the job was checked
	}
	return table, column
}

func cutQuoted(text string) (content, rest string, err error) {
	rest = text[1:]
	for {
		before, after, found := strings.Cut(rest, `"`)
		if !found {
			return "", "", fmt.Errorf("lacks its closing quote")
		}
		content += before
		if rest = after; !strings.HasPrefix(rest, `"`) {
			return content, rest, nil
		}
		content, rest = content+`"`, rest[1:]
	}
}

// plain are the names that splitName reads without quotes.
var plain = regexp.MustCompile(`^[\pL_][\pL\pN_$]*$`)

// jobName returns a table's name as a job writes it.
func jobName(parts ...string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		if out[i] = p; !plain.MatchString(p) {
			out[i] = quoteName(p)
		}
	}
	return strings.Join(out, ".")
}

// quoteName returns a name as an SQL statement writes it.
func quoteName(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// notThere says that there is no such table, and which may be meant. Names are
// those of the tables that there are, as a job writes them; where says where
// the table was looked for.
func notThere(name string, names []string, where string) error {
	text := fmt.Sprintf("there is no table %s %s", name, where)
	for _, n := range names {
		if strings.HasSuffix(strings.ToLower(n), "."+strings.ToLower(name)) {
			return fmt.Errorf("%s: did you mean %q?", text, n)
		}
	}
	if hint := spec.Suggest(name, names); hint != "" {
		text += ": " + hint
	}
	return fmt.Errorf("%s", text)
}
