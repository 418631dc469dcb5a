package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
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
	c.put(plan.CutWide(plan.Printable(name), mostWide))
	c.put(typ)
	g.columns = append(g.columns, c)
}

func (c *gridColumn) put(text string) {
	c.cells = append(c.cells, text)
	c.width = max(c.width, plan.Wide(text))
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
		return plan.CutWide(plan.Printable(string(value)), mostWhole)
	case value[0] != '"' || json.Unmarshal(value, &text) != nil:
		return plan.CutWide(plan.Printable(string(value)), mostWide)
	case text == "" || text == "null" || text != strings.TrimSpace(text):
		return plan.CutWide(strconv.Quote(text), mostWide)
	}
	return plan.CutWide(plan.Printable(text), mostWide)
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
			text, space := c.cells[r], strings.Repeat(" ", c.width-plan.Wide(c.cells[r]))
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
