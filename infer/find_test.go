package infer

import "testing"

// A folder's files are those of a format that is known, if there are some.
func TestBetter(t *testing.T) {
	for _, tc := range []struct {
		a    string
		n    int
		b    string
		m    int
		want bool
	}{
		{".json", 1, ".csv", 9, true}, {".csv", 1, ".yaml", 9, true}, {".txt", 9, ".xlsx", 1, false}, {".csv", 3, ".xlsx", 2, true}, {".md", 3, ".log", 2, true},
	} {
		if got := better(kindOfName{ext: tc.a}, tc.n, kindOfName{ext: tc.b}, tc.m); got != tc.want {
			t.Errorf("%d of %s against %d of %s: %v", tc.n, tc.a, tc.m, tc.b, got)
		}
	}
}
