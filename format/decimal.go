package format

import (
	"fmt"
	"math/big"

	"github.com/seed-128c3863/sluice/row"
)

// maxUnscaled returns the largest number of so many digits.
func maxUnscaled(precision int) *big.Int {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	return limit.Sub(limit, big.NewInt(1))
}

// checkDecimals returns the first of the n values of c that has more digits
// than its type.
func checkDecimals(c *row.Column, n int) (r int, err error) {
	limit := maxUnscaled(c.Type.Precision)
	if c.Type.Precision <= 18 {
		most := limit.Int64()
		return checkRange(c, n, -most, most)
	}
	for r := range n {
		if c.Null[r] {
			continue
		}
		if len(c.Bytes[r]) != 16 {
			return r, fmt.Errorf("a decimal of %d bytes", len(c.Bytes[r]))
		}
		if v := bigUnscaled(c.Bytes[r]); v.CmpAbs(limit) > 0 {
			return r, fmt.Errorf("%d does not fit type %s", v, c.Type)
		}
	}
	return 0, nil
}

// bigUnscaled reads big-endian two's complement.
func bigUnscaled(v []byte) *big.Int {
	n := new(big.Int).SetBytes(v)
	if v[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return n
}
