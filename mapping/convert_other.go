package mapping

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// putBytes appends bytes of an expression, or a text in base64 (the standard
// alphabet, padded) or, after \x, in hexadecimal.
func putBytes(c *converter, b *row.Batch, dst *row.Column, v value) error {
	switch v.k {
	case bytesKind:
		dst.AppendBytes(raw(v.s))
		return nil
	case textKind:
		decoded, err := decodeBytes(v.s)
		if err != nil {
			return faultOf(v, "%s is neither base64 nor, after \\x, hexadecimal", v.show())
		}
		dst.AppendBytes(decoded)
		return nil
	}
	return refuse(v, "bytes", "")
}

func decodeBytes(s string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(s, `\x`); ok {
		return hex.DecodeString(digits)
	}
	if strings.ContainsAny(s, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}

// putUUID appends a text of 32 hexadecimal digits, with all four dashes or none.
func putUUID(c *converter, b *row.Batch, dst *row.Column, v value) error {
	var id [16]byte
	switch {
	case v.k == bytesKind && len(v.s) == 16:
		copy(id[:], v.s)
	case v.k != textKind:
		return refuse(v, "a UUID", "")
	case !parseUUID(v.s, &id):
		return faultOf(v, "%s is not a UUID such as 123e4567-e89b-12d3-a456-426614174000", v.show())
	}
	dst.AppendBytes(b.Keep(id[:]))
	return nil
}

func parseUUID(s string, id *[16]byte) bool {
	var digits [32]byte
	switch len(s) {
	case 32:
		copy(digits[:], s)
	case 36:
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return false
		}
		at := 0
		for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
			at += copy(digits[at:], part)
		}
	default:
		return false
	}
	_, err := hex.Decode(id[:], digits[:])
	return err == nil
}

// formatUUID writes a UUID as usual.
func formatUUID(id []byte) string {
	h := hex.EncodeToString(id)
	if len(id) != 16 {
		return h
	}
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// putJSON appends any value as JSON; a cell must hold the text of one.
func putJSON(c *converter, b *row.Batch, dst *row.Column, v value) error {
	if v.isCell() {
		if !json.Valid(raw(v.s)) {
			return faultOf(v, "%s is not JSON", v.show())
		}
		dst.AppendBytes(raw(v.s))
		return nil
	}
	if (v.k == listKind || v.k == objectKind) && v.x == nil {
		dst.AppendBytes(raw(v.s))
		return nil
	}
	if v.k == floatKind && v.s == "" && !v.isFinite() {
		return refuse(v, "JSON", "null: ["+v.text()+"] makes it null")
	}
	dst.AppendBytes(appendJSON(nil, v))
	return nil
}
