package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Error says what is wrong at one place of a job file.
type Error struct {
	File         string // as the user named it
	Line, Column int    // 1-based, in characters
	Path         string // of the key, as in columns.price.value; "": the file as a whole
	Msg          string
	Hint         string // what was probably meant, or what to try; "": none
}

// Error returns, for example, `job.yaml:12:3: from.fiels: unknown key (did you mean "files"?)`.
func (e *Error) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Path != "" {
		s.WriteString(e.Path + ": ")
	}
	s.WriteString(e.Msg)
	if e.Hint != "" {
		s.WriteString(" (" + e.Hint + ")")
	}
	return s.String()
}

// Errors is everything that is wrong with a job, in the order of the file.
type Errors []*Error

// Error returns one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors one by one.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// Sorted returns the errors in the order of the file, each of them once, as an
// error that is nil if there are none.
func (e Errors) Sorted() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(e, func(a, b *Error) bool { return *a == *b })
}

// Suggest returns `did you mean "near"?` for the known name that a mistyped
// one is nearest to, or "" if none is near.
func Suggest(name string, known []string) string {
	best, least := "", 1+max(1, len([]rune(name))/3)
	for _, k := range known {
		if d := Distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// Distance counts the characters to add, remove, replace or swap with their
// neighbour to make b of a.
func Distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range from {
		before, last, next := rows[i%3], rows[(i+1)%3], rows[(i+2)%3]
		next[0] = i + 1
		for j := range to {
			change := 1
			if from[i] == to[j] {
				change = 0
			}
			next[j+1] = min(last[j+1]+1, next[j]+1, last[j]+change)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
	}
	return rows[(len(from)+1)%3][len(to)]
}
