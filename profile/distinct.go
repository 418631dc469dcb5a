package profile

import (
	"math"
	"math/bits"
)

// hashBits of a hash choose a register.
const hashBits = 14

// distinctError is the usual error of an estimate, as a share.
var distinctError = math.Round(1.04/math.Sqrt(1<<hashBits)*1000) / 1000

// A registers is a HyperLogLog: it estimates how many different hashes it was
// given. A register holds the greatest number of zeros that a hash of its began
// with, and one.
type registers [1 << hashBits]uint8

func (r *registers) add(hash uint64) {
	zeros := uint8(bits.LeadingZeros64(hash<<hashBits|1<<(hashBits-1))) + 1
	if at := hash >> (64 - hashBits); zeros > r[at] {
		r[at] = zeros
	}
}

// estimate is that of Ertl (New cardinality estimation algorithms for HyperLogLog
// sketches, 2017, algorithm 6), which needs no corrections for few or many.
func (r *registers) estimate() int64 {
	const q = 64 - hashBits
	var of [q + 2]int
	for _, zeros := range r {
		of[zeros]++
	}
	m := float64(len(r))
	z := m * tau(1-float64(of[q+1])/m)
	for k := q; k >= 1; k-- {
		z = (z + float64(of[k])) / 2
	}
	z += m * sigma(float64(of[0])/m)
	return int64(math.Round(m * m / (2 * math.Ln2 * z)))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for before := -1.0; z != before; {
		x *= x
		before = z
		z += x * y
		y += y
	}
	return z
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := -1.0; z != before; {
		x = math.Sqrt(x)
		before = z
		y /= 2
		z -= (1 - x) * (1 - x) * y
	}
	return z / 3
}

// hashInt and hashText are fixed, so that two profiles of a file are the same.
// They mix as MurmurHash3's finalizer does.
func hashInt(v uint64) uint64 {
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}

func hashText(text []byte) uint64 {
	h := uint64(len(text)) * 0x9e3779b97f4a7c15
	for len(text) >= 8 {
		v := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 | uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		h = bits.RotateLeft64(h^hashInt(v), 27) * 0x9e3779b97f4a7c15
		text = text[8:]
	}
	var v uint64
	for i, b := range text {
		v |= uint64(b) << (8 * i)
	}
	return hashInt(h ^ hashInt(v+0x2545f4914f6cdd1d))
}
