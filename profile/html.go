package profile

import (
	_ "embed" // the page
	"html/template"
	"io"
)

//go:embed page.html
var page string

// HTML writes profiles as one page that needs nothing else.
func HTML(w io.Writer, all []*Profile) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"digits": digits, "many": func(n any, word string) string { return many(integer(n), word) }, "number": func(v *float64) string { return number(*v) },
		"size": size, "bars": bars, "tops": tops, "facts": func(c Column, rows int64) []string { return c.facts(rows) },
		"share": func(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, all)
}

func integer(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// A shape is a bar of a chart, in units of it.
type shape struct {
	X, Y, Width, Height float64
	Title               string
}

// The size of a histogram, in units of its own.
const chartWidth, chartHeight = 240.0, 48.0

// bars are the shapes of a histogram.
func bars(c Column) (shapes []shape) {
	most := int64(1)
	for _, b := range c.Bars {
		most = max(most, b.Count)
	}
	width := chartWidth / float64(max(len(c.Bars), 1))
	for i, b := range c.Bars {
		height := chartHeight * float64(b.Count) / float64(most)
		if b.Count > 0 {
			height = max(height, 1)
		}
		title := b.From + " …"
		if i+1 < len(c.Bars) {
			title = b.From + " to " + c.Bars[i+1].From
		}
		shapes = append(shapes, shape{float64(i) * width, chartHeight - height, max(width-1, .5), height, title + ": " + digits(b.Count)})
	}
	return shapes
}

// A topBar is one of the most frequent values.
type topBar struct {
	Count
	Width float64 // percent of the most frequent
	Share string  // of all values
}

// tops are the bars of the most frequent values: fewer below a histogram, which
// says most of it.
func tops(c Column) (all []topBar) {
	most := len(c.Top)
	if c.Bars != nil {
		most = min(most, 5)
	}
	for _, top := range c.Top[:most] {
		all = append(all, topBar{top, 100 * float64(top.Count) / float64(c.Top[0].Count), percent(top.Count, c.Values)})
	}
	return all
}
