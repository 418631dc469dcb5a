package format

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding"

	"github.com/seed-128c3863/sluice/row"
)

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

// XLSXReaderOf is NewXLSXReader with a buffer for the sheet that begins with
// size bytes.
func XLSXReaderOf(in io.ReaderAt, n int64, o SheetReadOptions, size int) *SheetReader {
	r := NewXLSXReader(in, n, o)
	r.step = func(b *row.Batch) error {
		err := r.start(b)
		if err == nil {
			r.sheet.(*xlsxRows).sheet.x.buf = make([]byte, 0, size)
		}
		return err
	}
	return r
}

// FormatCode says what cells of a number format hold: a number, a date and so on.
func FormatCode(code string) string { return formNames[formOf(code)] }

// BuiltinFormat is the same for a format that is not written out.
func BuiltinFormat(id int) string { return formNames[builtinForm(id)] }

var formNames = [...]string{"number", "date", "time", "stamp", "calendar", "duration"}

// DecodeAll returns a text in UTF-8, and where in it the end is found to be.
func DecodeAll(name string, text []byte) (plain []byte, end int64) {
	set := charsetOf(name)
	if set == nil {
		return nil, int64(len(text))
	}
	d := newTextDecoder(bytes.NewReader(text), set, 0)
	plain, err := io.ReadAll(d)
	if err != nil {
		panic(err)
	}
	return plain, d.source(plain, 0, len(plain))
}

// Library is the encoding as x/text has it, nil for what is not of a family.
func Library(name string) encoding.Encoding {
	if set := charsetOf(name); set != nil {
		return set.slow
	}
	return nil
}

// ODSReaderOf is NewODSReader with a buffer for the content that has size bytes
// at first.
func ODSReaderOf(in io.ReaderAt, n int64, o SheetReadOptions, size int) *SheetReader {
	return newSheetReader(in, n, o, func(r *SheetReader) (cellRows, error) {
		return openODSBy(r, func(in io.Reader, most int) *xmlReader {
			x := newXML(in, most)
			x.buf = make([]byte, 0, size)
			return x
		})
	})
}

// YAMLReaderOf is YAMLStream with a buffer that begins with size bytes, and parts
// of a list that have about part bytes; 0: each document is parsed as a whole.
func YAMLReaderOf(in io.Reader, o YAMLOptions, size, part int) *YAMLReader {
	r := YAMLStream(in, o)
	r.src.buf, r.src.usual, r.part = make([]byte, 0, size), 0, part
	return r
}
