package plan_test

import (
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// TestWide holds texts to the character cells that a terminal gives them.
func TestWide(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "한글": 4, "日本": 4, "カ": 2, "ｶ": 1, "😀": 2, "Ａ": 2, "…": 1} {
		if got := plan.Wide(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
