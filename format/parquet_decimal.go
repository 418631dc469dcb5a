package format

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/seed-128c3863/sluice/row"
)

// addNarrow appends a decimal of up to 18 digits: big-endian two's complement.
func addNarrow(c *row.Column, v []byte) {
	if v = signed(v, 8); len(v) == 0 || len(v) > 8 {
		addOversize(c)
		return
	}
	n := int64(int8(v[0]))
	for _, b := range v[1:] {
		n = n<<8 | int64(b)
	}
	c.AppendInt(n)
}

// addWide appends a decimal of 19 to 38 digits.
func addWide(c *row.Column, v []byte) {
	if v = signed(v, 16); len(v) == 0 || len(v) > 16 {
		addOversize(c)
		return
	}
	c.AppendBytes(widened(v))
}

// signed returns big-endian two's complement without bytes that only repeat its
// sign, as far as it has more than n.
func signed(v []byte, n int) []byte {
	for len(v) > n && (v[0] == 0 && v[1] < 0x80 || v[0] == 0xff && v[1] >= 0x80) {
		v = v[1:]
	}
	return v
}

func addOversize(c *row.Column) {
	c.AppendBroken(row.Break{Why: row.Faulty, Cell: fmt.Sprintf("the value has more digits than its type %s", c.Type)})
}

// widened returns big-endian two's complement in 16 bytes.
func widened(v []byte) []byte {
	wide := make([]byte, 16)
	if v[0] >= 0x80 {
		for i := range wide {
			wide[i] = 0xff
		}
	}
	copy(wide[16-len(v):], v)
	return wide
}

// addDigits appends a decimal of any number of digits.
func addDigits(c *row.Column, v []byte, scale int) {
	if len(v) == 0 || len(v) > 416 {
		addOversize(c)
		return
	}
	n := bigUnscaled(v)
	digits := new(big.Int).Abs(n).Append(nil, 10)
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = append(bytes.Repeat([]byte("0"), missing), digits...)
	}
	var text []byte
	if n.Sign() < 0 {
		text = append(text, '-')
	}
	text = append(text, digits[:len(digits)-scale]...)
	if scale > 0 {
		text = append(append(text, '.'), digits[len(digits)-scale:]...)
	}
	c.AppendBytes(text)
}
