package table

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"strings"
	"unsafe"
)

// The stored form of a value is what SQLite holds after the affinity of its
// column, so that the same value of a file and of the table has the same bytes:
//
//	storedNull
//	storedInt     int64, little-endian; also a float of the same value
//	storedReal    float64, little-endian
//	storedText    uvarint length, UTF-8
//	storedBlob    uvarint length, bytes
//	storedMade    uvarint place of a look-up's row that is yet to be made
const (
	storedNull = iota
	storedInt
	storedReal
	storedText
	storedBlob
	storedMade
)

func putInt(b []byte, v int64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, storedInt), uint64(v))
}

func putReal(b []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
		return putInt(b, int64(v))
	}
	return binary.LittleEndian.AppendUint64(append(b, storedReal), math.Float64bits(v))
}

func putText[T string | []byte](b []byte, v T) []byte {
	return append(binary.AppendUvarint(append(b, storedText), uint64(len(v))), v...)
}

func putBlob(b, v []byte) []byte {
	return append(binary.AppendUvarint(append(b, storedBlob), uint64(len(v))), v...)
}

// putValue appends a value of SQLite.
func putValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		return putInt(b, v)
	case float64:
		return putReal(b, v)
	case string:
		return putText(b, v)
	case []byte:
		return putBlob(b, v)
	}
	return append(b, storedNull)
}

func putValues(b []byte, values []driver.Value) []byte {
	for _, v := range values {
		b = putValue(b, v)
	}
	return b
}

// putWhole appends the values of a whole row as they are: a float stays one, which
// a column without an affinity tells from an integer.
func putWhole(b []byte, values []driver.Value) []byte {
	for _, v := range values {
		if f, ok := v.(float64); ok {
			b = binary.LittleEndian.AppendUint64(append(b, storedReal), math.Float64bits(f))
		} else {
			b = putValue(b, v)
		}
	}
	return b
}

// cutStored parts a record behind its first n fields.
func cutStored(b []byte, n int) (fields, rest []byte) {
	at := 0
	for range n {
		switch b[at] {
		case storedNull:
			at++
		case storedInt, storedReal:
			at += 9
		case storedMade:
			_, w := binary.Uvarint(b[at+1:])
			at += 1 + w
		default:
			size, w := binary.Uvarint(b[at+1:])
			at += 1 + w + int(size)
		}
	}
	return b[:at:at], b[at:]
}

// takeValues appends the first n fields of a record as values of SQLite, and
// returns what is behind them. Texts point into the record.
func takeValues(to []driver.Value, b []byte, n int) (values []driver.Value, rest []byte) {
	for range n {
		var field []byte
		field, b = cutStored(b, 1)
		to = append(to, valueStored(field))
	}
	return to, b
}

func valueStored(field []byte) driver.Value {
	switch field[0] {
	case storedInt:
		return int64(binary.LittleEndian.Uint64(field[1:]))
	case storedReal:
		return math.Float64frombits(binary.LittleEndian.Uint64(field[1:]))
	case storedText:
		text := contentStored(field)
		return unsafe.String(unsafe.SliceData(text), len(text))
	case storedBlob:
		return contentStored(field)
	}
	return nil
}

// contentStored returns the bytes of a text or blob.
func contentStored(field []byte) []byte {
	_, w := binary.Uvarint(field[1:])
	return field[1+w:]
}

// foldStored appends a field as a collation compares it: equal texts have equal
// bytes.
func foldStored(b, field []byte, collation string) []byte {
	if collation == "" || field[0] != storedText {
		return append(b, field...)
	}
	text := string(contentStored(field))
	switch collation {
	case "NOCASE":
		text = strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, text)
	case "RTRIM":
		text = strings.TrimRight(text, " ")
	}
	return putText(b, text)
}

// putSet appends the fields of a set, in the order of their bytes.
func putSet(b []byte, set [][]byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(set)))
	for _, field := range set {
		b = append(b, field...)
	}
	return b
}

// takeSet returns the fields of a set, and what is behind it.
func takeSet(to [][]byte, b []byte) (set [][]byte, rest []byte) {
	n, w := binary.Uvarint(b)
	b = b[w:]
	for range n {
		var field []byte
		field, b = cutStored(b, 1)
		to = append(to, field)
	}
	return to, b
}
