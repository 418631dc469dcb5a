package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// A grid is rows of typed columns, aligned for a person. Numbers stand to the
// right, and null is null without quotes: a text that could be taken for it, or
// for nothing, has quotes.
type grid struct {
	dim     bool // null is dimmed, as terminals can
	columns []gridColumn
}

type gridColumn struct {
	cells []string // name, type, then a value for each row
	right bool
	width int
}

// How many character cells of a terminal a value takes at most. Objects and
// lists are hardly read beyond their beginning.
const (
	mostWide  = 40
	mostWhole = 28
)

func (g *grid) add(name, typ string) {
	c := gridColumn{}
	c.right = strings.HasPrefix(typ, "int") || strings.HasPrefix(typ, "float") || strings.HasPrefix(typ, "decimal")
	c.put(cutWide(printable(name), mostWide))
	c.put(typ)
	g.columns = append(g.columns, c)
}

func (c *gridColumn) put(text string) {
	c.cells = append(c.cells, text)
	c.width = max(c.width, wide(text))
}

// row adds a row: an object with a member for each column.
func (g *grid) row(values json.RawMessage) error {
	d := json.NewDecoder(strings.NewReader(string(values)))
	if _, err := d.Token(); err != nil {
		return err
	}
	for i := range g.columns {
		if _, err := d.Token(); err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		g.columns[i].put(cellText(value))
	}
	return nil
}

// cellText returns a JSON value as a cell shows it.
func cellText(value json.RawMessage) string {
	var text string
	switch {
	case value[0] == '{' || value[0] == '[':
		return cutWide(printable(string(value)), mostWhole)
	case value[0] != '"' || json.Unmarshal(value, &text) != nil:
		return cutWide(printable(string(value)), mostWide)
	case text == "" || text == "null" || text != strings.TrimSpace(text):
		return cutWide(strconv.Quote(text), mostWide)
	}
	return cutWide(printable(text), mostWide)
}

// write prints the table, in several parts if it is wider than width; 0: in one.
func (g *grid) write(w io.Writer, width int) error {
	for first := 0; first < len(g.columns); {
		end, sum := first+1, g.columns[first].width
		for end < len(g.columns) && (width == 0 || sum+2+g.columns[end].width <= width) {
			sum += 2 + g.columns[end].width
			end++
		}
		if first > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := g.part(w, g.columns[first:end]); err != nil {
			return err
		}
		first = end
	}
	return nil
}

// part prints some of the columns.
func (g *grid) part(w io.Writer, columns []gridColumn) error {
	for r := range columns[0].cells {
		var line strings.Builder
		for i, c := range columns {
			if i > 0 {
				line.WriteString("  ")
			}
			text, space := c.cells[r], strings.Repeat(" ", c.width-wide(c.cells[r]))
			if g.dim && (r == 1 || r > 1 && text == "null") {
				text = "\x1b[2m" + text + "\x1b[0m"
			}
			switch {
			case c.right:
				line.WriteString(space + text)
			case i == len(columns)-1:
				line.WriteString(text)
			default:
				line.WriteString(text + space)
			}
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}

// printable replaces what would disturb a line of a table by escapes.
func printable(text string) string {
	if !strings.ContainsFunc(text, disturbs) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !disturbs(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// disturbs says whether a rune has no place in a line; parts of emoji have one.
func disturbs(r rune) bool {
	return !unicode.IsPrint(r) && r != '\u200d' && r != '\u3000'
}

// cutWide cuts a text to so many character cells.
func cutWide(text string, most int) string {
	if wide(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += wideRune(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// wide returns how many character cells of a terminal a text takes.
func wide(text string) int {
	n := 0
	for _, r := range text {
		n += wideRune(r)
	}
	return n
}

// wideRanges are the characters that take two cells: those of East Asia that
// Unicode (UAX 11) calls wide or fullwidth, and emoji.
var wideRanges = [][2]rune{
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x2e80, 0x303e},
	{0x3041, 0x33ff},
	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},
	{0xa000, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff},
	{0x20000, 0x3fffd},
}

func wideRune(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= 0x1160 && r <= 0x11ff {
		return 0 // written over the character before it
	}
	for _, w := range wideRanges {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}
