package profile

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A sample is so many of the values, each as likely as another (Li's algorithm
// L, which skips most of them). It is the same for the same values.
type sample struct {
	most   int
	values []float64
	seen   int64
	next   int64 // the number of the value that is taken next, from 1
	w      float64
	random *rand.Rand
}

func (s *sample) add(v float64) {
	s.seen++
	if len(s.values) < s.most {
		s.values = append(s.values, v)
		if len(s.values) == s.most {
			s.random = rand.New(rand.NewPCG(1, 2))
			s.w = math.Exp(math.Log(s.random.Float64()) / float64(s.most))
			s.skip()
		}
		return
	}
	if s.seen == s.next {
		s.values[s.random.IntN(s.most)] = v
		s.w *= math.Exp(math.Log(s.random.Float64()) / float64(s.most))
		s.skip()
	}
}

func (s *sample) skip() {
	s.next = s.seen + 1 + int64(math.Log(s.random.Float64())/math.Log1p(-s.w))
}

// quartiles are between the values next to them, as numpy has them.
func (s *sample) quartiles() []float64 {
	if len(s.values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(s.values))
	quartiles := make([]float64, 3)
	for i := range quartiles {
		at := float64(i+1) / 4 * float64(len(sorted)-1)
		below := int(at)
		above := min(below+1, len(sorted)-1)
		quartiles[i] = sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
	}
	return quartiles
}

// mostBars is how many bars a histogram has.
const mostBars = 24

// bars returns the bounds of a histogram from least to greatest, and how many of
// the sample are in each; none if all values are the same.
func (s *sample) bars(least, greatest float64, whole bool) (from []float64, counts []int64) {
	width := greatest - least
	if !(width > 0) || math.IsInf(width, 0) {
		return nil, nil
	}
	n := mostBars
	if whole && width < float64(n) {
		n = int(width) + 1
		width = float64(n)
	}
	counts = make([]int64, n)
	for _, v := range s.values {
		at := int((v - least) / width * float64(n))
		counts[min(max(at, 0), n-1)]++
	}
	for i := range n {
		from = append(from, least+width*float64(i)/float64(n))
	}
	return from, counts
}
