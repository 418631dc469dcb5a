package infer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// text returns the job file.
func (d *draft) text() []byte {
	var b strings.Builder
	d.writeHead(&b)
	d.writeParams(&b)
	d.writeFrom(&b)
	d.writeColumns(&b)
	fmt.Fprintf(&b, "\nto:\n  files: %s\n  format: parquet\n", quoted("{out}/"+d.place.output))
	if d.timestamps != "" {
		fmt.Fprintf(&b, "  parquet: {timestamps: %s}\n", d.timestamps)
	}
	return []byte(b.String())
}

func (d *draft) writeHead(b *strings.Builder) {
	fmt.Fprintf(b, "# Drafted by `sluice init %s` from %s of %s.\n", inComment(spec.Redact(d.given)), count(d.records, "record"), count(len(d.samples), "file"))
	fmt.Fprintf(b, "# Look over the columns and take what you need; then preview, plan, apply.\n")
	fmt.Fprintf(b, "sluice: 1\nname: %s\n", d.name)
}

// secret says whether the source has a password or a signature in it, which a
// job file never holds.
func (d *draft) secret() bool { return spec.Redact(d.place.source) != d.place.source }

func (d *draft) writeParams(b *strings.Builder) {
	fmt.Fprintf(b, "\nparams:\n")
	d.writeSource(b, "source: ")
	example := "a folder, or s3://BUCKET/PREFIX"
	if strings.HasPrefix(d.place.root, "s3://") {
		example = "a folder, or a prefix such as " + d.place.root + "stage"
	}
	fmt.Fprintf(b, "  out:    {type: string, default: %s}  # %s\n", quoted("out"), inComment(example))
}

func (d *draft) writeSource(b *strings.Builder, key string) {
	if d.secret() {
		fmt.Fprintf(b, "  %s{type: string}  # has a secret in it, so it is given anew: --param source=URL\n", key)
	} else {
		fmt.Fprintf(b, "  %s{type: string, default: %s}\n", key, quoted(d.place.source))
	}
}

func (d *draft) writeFrom(b *strings.Builder) {
	fmt.Fprintf(b, "\nfrom:\n")
	if d.place.names != "" {
		fmt.Fprintf(b, "  # {*name} stands for any text without a slash, in the names found by listing.\n")
	}
	for _, note := range d.place.folderNote() {
		fmt.Fprintf(b, "  # %s\n", note)
	}
	fmt.Fprintf(b, "  files: %s\n", quoted("{source}"+d.place.names))
	switch {
	case d.dialect != nil:
		d.writeDialect(b)
	default:
		fmt.Fprintf(b, "  format: %s\n", cmp.Or(d.place.form, "json"))
	}
	if d.layout.shape == format.Columns {
		fmt.Fprintf(b, "  shape: columns         # an object of columns, as pandas writes it\n")
	}
	if d.layout.at != nil {
		fmt.Fprintf(b, "  at: %s\n", scalar(d.layout.at.String()))
	}
}

// writeColumns writes the columns with their parts one below the other.
func (d *draft) writeColumns(b *strings.Builder) {
	fmt.Fprintf(b, "\ncolumns:\n")
	name, typ, line := 0, 0, 0
	lines := make([]string, len(d.columns))
	for _, c := range d.columns {
		name = max(name, plan.Wide(scalar(c.name)))
		typ = max(typ, len(typeText(c.typ)))
	}
	name, typ = min(name, 30), min(typ, 15)
	for i, c := range d.columns {
		key, text := c.source()
		if d.place.isTable() {
			key, text = "from", c.path[0].Name
		}
		lines[i] = fmt.Sprintf("  %s {type: %s %s: %s", pad(scalar(c.name)+":", name+1), pad(typeText(c.typ)+",", typ+1), key, scalar(text))
		if c.empty {
			lines[i] += `, empty: "null"`
		}
		lines[i] += c.options
		lines[i] += "}"
		if c.comment != "" && plan.Wide(lines[i]) < 90 {
			line = max(line, plan.Wide(lines[i]))
		}
	}
	for i, c := range d.columns {
		if c.comment != "" {
			lines[i] = pad(lines[i], line) + "  # " + inComment(c.comment)
		}
		fmt.Fprintln(b, lines[i])
	}
}

// typeText is a type as a flow mapping takes it: a comma would end it.
func typeText(t string) string {
	if strings.Contains(t, ",") {
		return quoted(t)
	}
	return t
}

// pad fills a text up to so many cells of a terminal.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-plan.Wide(text)))
}

var (
	plainScalar = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	yamlWords   = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
)

// scalar writes a text as YAML, with quotes if it has to have them.
func scalar(text string) string {
	if plainScalar.MatchString(text) && !slices.Contains(yamlWords, strings.ToLower(text)) {
		return text
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) || !strings.Contains(text, `"`) && !strings.Contains(text, `\`) {
		return strconv.Quote(text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// quoted writes a text as YAML in quotes, always.
func quoted(text string) string {
	if s := scalar(text); s != text {
		return s
	}
	return strconv.Quote(text)
}

// inComment makes a text fit for a comment: one line.
func inComment(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
