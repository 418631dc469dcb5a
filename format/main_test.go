package format_test

import (
	"testing"

	"go.uber.org/goleak"
)

// What decompresses and compresses leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
