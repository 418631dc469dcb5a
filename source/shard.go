package source

import (
	"fmt"
	"hash/fnv"
	"io"
)

// A Shard is part I of N of the source files, 1 <= I <= N; each file belongs
// to the shard that a hash of its name gives. The zero Shard is all files.
type Shard struct{ I, N int }

// ParseShard reads a shard as a person writes it, "2/8".
func ParseShard(text string) (Shard, error) {
	var s Shard
	var rest string
	n, _ := fmt.Sscanf(text+" .", "%d/%d %s", &s.I, &s.N, &rest)
	if n != 3 || rest != "." || s.I < 1 || s.I > s.N {
		return Shard{}, fmt.Errorf("%q is no shard: write i/n, such as 2/8, with i from 1 to n", text)
	}
	return s, nil
}

// String returns the shard as a person writes it, "" for all files.
func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// Suffix is the shard's part of the name of a run or a lock.
func (s Shard) Suffix() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf(".%d-of-%d", s.I, s.N)
}

// has says whether a source belongs to the shard: by its URL as the job writes
// it, so that machines which mount a folder at different places agree.
func (s Shard) has(url string) bool {
	if s.N == 0 {
		return true
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, url) // it cannot fail
	// The high bits of FNV are the better mixed ones.
	return int(h.Sum64()>>32%uint64(s.N)) == s.I-1
}
