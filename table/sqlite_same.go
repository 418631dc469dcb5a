package table

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// sameStored reports whether two fields of a type are the same value. Fields of
// the same bytes are; others may be, which somebody else wrote in another form.
func sameStored(kind row.Kind, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if a[0] == storedNull || b[0] == storedNull {
		return false
	}
	s, t := textStored(a), textStored(b)
	switch kind {
	case row.Decimal, row.Float32, row.Float64, row.Int16, row.Int32, row.Int64:
		return sameDigits(a, b, s, t)
	case row.Time:
		return sameMoment(s, t, "15:04:05.999999999", "15:04")
	case row.Date:
		return sameMoment(s, t, "2006-01-02")
	case row.Timestamp, row.TimestampTZ:
		return sameMoment(s, t, "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04", "2006-01-02 15:04Z07:00")
	case row.UUID:
		return plainUUID(s) == plainUUID(t)
	case row.JSON:
		return a[0] != storedBlob && b[0] != storedBlob && sameJSON(s, t)
	case row.Bool:
		return a[0] != storedBlob && s == t
	}
	return false
}

// textStored returns a field as text.
func textStored(field []byte) string {
	switch v := valueStored(field).(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strings.Clone(v)
	case []byte:
		return string(v)
	}
	return ""
}

// sameDigits compares numbers: floats by the 15 digits that SQLite shows.
func sameDigits(a, b []byte, s, t string) bool {
	if a[0] == storedReal || b[0] == storedReal {
		x, err1 := strconv.ParseFloat(s, 64)
		y, err2 := strconv.ParseFloat(t, 64)
		return err1 == nil && err2 == nil && strconv.FormatFloat(x, 'e', 14, 64) == strconv.FormatFloat(y, 'e', 14, 64)
	}
	return sameNumber(s, t)
}

// sameNumber compares numbers in decimal notation, exactly.
func sameNumber(s, t string) bool {
	for _, text := range []string{s, t} {
		_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
		if len(text) > 400 || len(exponent) > 4 || strings.ContainsAny(text, "/xX_pP") { // no number, or one that takes much memory
			return s == t
		}
	}
	x, ok1 := new(big.Rat).SetString(strings.TrimSpace(s))
	y, ok2 := new(big.Rat).SetString(strings.TrimSpace(t))
	return ok1 && ok2 && x.Cmp(y) == 0
}

func sameMoment(s, t string, layouts ...string) bool {
	x, ok1 := momentOf(s, layouts)
	y, ok2 := momentOf(t, layouts)
	return ok1 && ok2 && x.Equal(y)
}

func momentOf(text string, layouts []string) (time.Time, bool) {
	if len(text) > 10 && text[10] == 'T' {
		text = text[:10] + " " + text[11:]
	}
	for _, layout := range layouts {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment, true
		}
	}
	return time.Time{}, false
}

func plainUUID(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }

func sameJSON(s, t string) bool {
	var x, y any
	for text, into := range map[string]*any{s: &x, t: &y} {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(into) != nil {
			return false
		}
	}
	return reflect.DeepEqual(x, y)
}
