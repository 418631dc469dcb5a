package mapping_test

import (
	"testing"

	"github.com/expr-lang/expr/builtin"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
)

// The names that no let can have are told twice, as spec knows nothing of
// mapping: here the two lists are held against each other.
func TestFunctionsAreReserved(t *testing.T) {
	for _, f := range mapping.Functions() {
		if !spec.Reserved(f.Name) {
			t.Errorf("%s is a function, and spec.Reserved does not know it", f.Name)
		}
	}
	for _, name := range builtin.Names {
		if !spec.Reserved(name) {
			t.Errorf("%s is a builtin of expr-lang, and spec.Reserved does not know it", name)
		}
	}
}
