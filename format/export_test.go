package format

import "io"

// JSONStreamOf is JSONStream with a buffer that begins with size bytes, so that
// small inputs meet its edges.
func JSONStreamOf(in io.Reader, o JSONOptions, size int) *JSONReader {
	r := JSONStream(in, o)
	r.src.buf, r.src.usual = make([]byte, 0, size), 0
	return r
}

// CSVStreamOf is the same for CSVStream.
func CSVStreamOf(in io.Reader, o CSVReadOptions, size int) *CSVReader {
	r := CSVStream(in, o)
	r.src.buf, r.src.usual = make([]byte, 0, size), 0
	return r
}
