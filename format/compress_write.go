package format

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compress returns what writes to w by a compression: "gzip", "zstd", or "none",
// which is also "". Its Close completes the data; it does not close w.
func Compress(w io.Writer, how string) (io.WriteCloser, error) {
	switch how {
	case "", "none":
		return plainWriter{w}, nil
	case "gzip":
		return gzip.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true)) // starts no goroutine
	}
	return nil, fmt.Errorf("unknown compression %q; known are none, gzip, zstd", how)
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
