package format

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// A charset says which character the bytes of an encoding are. ASCII is itself
// in every one but UTF-16.
type charset struct {
	name   string
	single [256]uint16 // the character that a byte is by itself; 0: none
	double []uint16    // by first byte - 0x81 and second: that of two bytes; 0: none, or see long
	slow   encoding.Encoding
	width  widths
	wide   bool // UTF-16
	big    bool // of UTF-16: the high byte comes first
}

// widths are how many bytes characters have, by what they are in UTF-8.
type widths struct{ ascii, multi, astral int64 }

// families are the encodings that are read, by their names. What has a mark is
// not among them, and UTF-8 needs none.
var families = []struct {
	names []string
	of    encoding.Encoding
	multi int64
}{
	{[]string{"cp949", "euc-kr"}, korean.EUCKR, 2},
	{[]string{"shift-jis", "shift_jis"}, japanese.ShiftJIS, 2},
	{[]string{"euc-jp"}, japanese.EUCJP, 2},
	{[]string{"gb18030"}, simplifiedchinese.GB18030, 2},
	{[]string{"gbk"}, simplifiedchinese.GBK, 2},
	{[]string{"big5"}, traditionalchinese.Big5, 2},
	{[]string{"latin-1"}, charmap.ISO8859_1, 1},
	{[]string{"windows-1250"}, charmap.Windows1250, 1},
	{[]string{"windows-1251"}, charmap.Windows1251, 1},
	{[]string{"windows-1252"}, charmap.Windows1252, 1},
	{[]string{"windows-1253"}, charmap.Windows1253, 1},
	{[]string{"windows-1254"}, charmap.Windows1254, 1},
	{[]string{"windows-1255"}, charmap.Windows1255, 1},
	{[]string{"windows-1256"}, charmap.Windows1256, 1},
	{[]string{"windows-1257"}, charmap.Windows1257, 1},
	{[]string{"windows-1258"}, charmap.Windows1258, 1},
}

// Encodings returns the names of the encodings of text that are read.
func Encodings() []string {
	names := []string{"utf-8", "utf-16", "utf-16le", "utf-16be"}
	for _, f := range families {
		names = append(names, f.names...)
	}
	return names
}

var (
	utf16LE = &charset{name: "utf-16le", wide: true, width: widths{2, 2, 4}}
	utf16BE = &charset{name: "utf-16be", wide: true, big: true, width: widths{2, 2, 4}}
)

var (
	charsetsMu sync.Mutex
	charsets   = map[string]*charset{"utf-16le": utf16LE, "utf-16be": utf16BE}
)

// charsetOf returns the encoding of the name, which is one of Encodings, but
// neither utf-8 nor utf-16. Its tables are made once.
func charsetOf(name string) *charset {
	charsetsMu.Lock()
	defer charsetsMu.Unlock()
	if c := charsets[name]; c != nil {
		return c
	}
	for _, f := range families {
		if slices.Contains(f.names, name) {
			c := newCharset(name, f.of, f.multi)
			charsets[name] = c
			return c
		}
	}
	return nil
}

func newCharset(name string, of encoding.Encoding, multi int64) *charset {
	c := &charset{name: name, slow: of, width: widths{1, multi, multi}}
	for b := range 256 {
		if r := c.long([]byte{byte(b)}); utf8.RuneCount(r) == 1 {
			c.single[b] = bmp(r)
		}
	}
	if multi == 1 {
		return c
	}
	c.double = make([]uint16, 126<<8)
	for lead := 0x81; lead <= 0xfe; lead++ {
		for trail := 0x30; trail <= 0xfe && c.single[lead] == 0; trail++ {
			if r := c.long([]byte{byte(lead), byte(trail)}); utf8.RuneCount(r) == 1 {
				c.double[(lead-0x81)<<8|trail] = bmp(r)
			}
		}
	}
	return c
}

// bmp returns the character of text if 16 bits hold it.
func bmp(text []byte) uint16 {
	if r, _ := utf8.DecodeRune(text); r <= 0xffff {
		return uint16(r)
	}
	return 0
}

// long returns the characters that all of src is in the encoding, in UTF-8; nil
// if it is none. C1 controls are none: an encoding that has them at a byte only
// leaves no byte without a meaning.
func (c *charset) long(src []byte) []byte {
	var dst [16]byte
	n, used, err := c.slow.NewDecoder().Transform(dst[:], src, true)
	text := dst[:n]
	if err != nil || used != len(src) || strings.ContainsFunc(string(text), func(r rune) bool { return r == utf8.RuneError || r >= 0x80 && r < 0xa0 }) {
		return nil
	}
	return text
}

// length is how many bytes the character that src begins with may have, beyond
// those that the tables hold.
func (c *charset) length(src []byte) int {
	switch {
	case len(src) > 1 && src[1] >= '0' && src[1] <= '9' && c.slow == simplifiedchinese.GB18030:
		return 4
	case src[0] == 0x8f && c.slow == japanese.EUCJP:
		return 3
	}
	return 2
}
