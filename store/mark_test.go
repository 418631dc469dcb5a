package store

import (
	"testing"
	"time"
)

func TestMark(t *testing.T) {
	at := time.Date(2024, 4, 17, 10, 0, 0, 5, time.FixedZone("", 3600))
	for _, tc := range []struct {
		info       Info
		mark, etag string
	}{
		{Info{ETag: "abc", Modified: at}, "abc", "abc"},
		{Info{Modified: at}, "@2024-04-17T09:00:00.000000005Z", ""},
	} {
		if got := tc.info.Mark(); got != tc.mark || ETagOf(got) != tc.etag {
			t.Errorf("got %q and %q", got, ETagOf(got))
		}
	}
}

// A source that says nothing of its version is read again each time.
func TestMarkOfTheUnknown(t *testing.T) {
	a, b := Info{Size: 3}.Mark(), Info{Size: 3}.Mark()
	if a == b || ETagOf(a) != "" {
		t.Errorf("the marks are %q and %q", a, b)
	}
}
