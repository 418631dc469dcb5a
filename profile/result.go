package profile

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// result returns what was counted.
func (c *counter) result() Column {
	out := c.out
	if out.DistinctExact = c.tally.exact(); out.DistinctExact {
		out.Distinct = int64(len(c.tally.entries))
	} else {
		out.Distinct, out.DistinctError = min(c.distinct.estimate(), out.Values), distinctError
	}
	out.Top, out.TopExact, out.TopError = c.tally.top(), out.DistinctExact, c.tally.missed
	if c.least != nil {
		out.Min, out.Max = cut(string(c.show(c.least, 0))), cut(string(c.show(c.greatest, 0)))
	}
	if out.Values > 0 && (c.kind == row.String || c.kind == row.JSON) {
		out.MeanLength = float64(c.letters) / float64(out.Values)
	}
	if c.sample.seen > 0 {
		c.spread(&out)
	}
	return out
}

// spread says how numbers and times are distributed.
func (c *counter) spread(out *Column) {
	if c.number() && !math.IsInf(c.mean, 0) && !math.IsNaN(c.mean) {
		mean := c.mean
		out.Mean = &mean
		if std := math.Sqrt(c.squares / float64(c.sample.seen-1)); c.sample.seen > 1 && !math.IsInf(std, 0) && !math.IsNaN(std) {
			out.Std = &std
		}
	}
	out.Sampled = int64(len(c.sample.values))
	for _, q := range c.sample.quartiles() {
		out.Quartiles = append(out.Quartiles, c.at(q))
	}
	whole := c.kind >= row.Int16 && c.kind <= row.Int64 || c.kind == row.Date
	from, counts := c.sample.bars(position(c.least, 0), position(c.greatest, 0), whole)
	for i := range from {
		out.Bars = append(out.Bars, Bar{c.at(from[i]), counts[i]})
	}
}

// at returns a position as text.
func (c *counter) at(v float64) string {
	one := row.NewColumn(c.least.Type)
	switch c.kind {
	case row.Date, row.Time, row.Timestamp, row.TimestampTZ:
		if least, greatest := position(c.least, 0), position(c.greatest, 0); c.kind != row.Date && greatest-least > 3600e6 {
			v = math.Round(v/1e6) * 1e6 // whole seconds are worth reading
		}
		one.AppendInt(int64(math.Round(v)))
		return string(c.show(&one, 0))
	}
	if c.sample.seen > int64(len(c.sample.values)) {
		v = rounded(v, 4)
	}
	if a := math.Abs(v); a == 0 || a >= 1e15 || a < 1e-4 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	text := strconv.FormatFloat(v, 'f', max(0, 11-int(math.Floor(math.Log10(math.Abs(v))))), 64) // 12 digits
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// rounded keeps so many digits of a number.
func rounded(v float64, digits int) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	if err != nil {
		return v
	}
	return short
}

// unscaled is a decimal of many digits without its point.
func unscaled(col *row.Column, r int) *big.Int {
	v := new(big.Int).SetBytes(col.Bytes[r])
	if col.Bytes[r][0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(col.Bytes[r]))))
	}
	return v
}

func decimal(col *row.Column, r int) float64 {
	if col.Type.Precision == 0 {
		v, _ := strconv.ParseFloat(string(col.Bytes[r]), 64) // its digits are those of a number
		return v
	}
	v, _ := new(big.Float).SetInt(unscaled(col, r)).Float64()
	return v / math.Pow10(col.Type.Scale)
}

func lessDecimal(a *row.Column, i int, b *row.Column, j int) bool {
	if a.Type.Precision > 0 {
		return unscaled(a, i).Cmp(unscaled(b, j)) < 0
	}
	x, okX := new(big.Rat).SetString(string(a.Bytes[i]))
	y, okY := new(big.Rat).SetString(string(b.Bytes[j]))
	return okX && okY && x.Cmp(y) < 0
}
