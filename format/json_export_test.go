package format

import "io"

// JSONStreamOf is JSONStream with a buffer that begins with size bytes, so that
// small inputs meet its edges.
func JSONStreamOf(in io.Reader, o JSONOptions, size int) *JSONReader {
	r := JSONStream(in, o)
	r.src.buf, r.src.usual = make([]byte, 0, size), 0
	return r
}
