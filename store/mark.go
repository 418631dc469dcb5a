package store

import (
	"strings"
	"time"
)

// Mark tells one version of an object from another: its ETag, or, for stores
// that have none of some objects, when it was modified. Of an object of which
// neither is known, each Mark is another.
func (i Info) Mark() string {
	switch {
	case i.ETag != "":
		return i.ETag
	case i.Modified.IsZero():
		return "@unknown " + time.Now().UTC().Format(time.RFC3339Nano) // never what it was before
	}
	return "@" + i.Modified.UTC().Format(time.RFC3339Nano)
}

// ETagOf returns the ETag in a mark, "" if there is none to be compared by the
// store.
func ETagOf(mark string) string {
	if strings.HasPrefix(mark, "@") {
		return ""
	}
	return mark
}
