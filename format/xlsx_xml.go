package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// An xmlToken is what xmlReader.next has read.
type xmlToken uint8

const (
	xmlOpen  xmlToken = iota // name and attrs; an empty element is closed next
	xmlClose                 // name
	xmlText                  // text
)

// An xmlReader goes through a part of a workbook: elements and texts, one after
// the other. It knows no document types, so no entities but XML's own five, and
// holds one token at a time.
type xmlReader struct {
	in   io.Reader
	buf  []byte
	pos  int
	most int // bytes of one token
	end  bool

	// Of the token, until the next:
	name  []byte // without a prefix
	attrs []byte
	text  []byte

	empty bool   // the element that was opened is closed next
	open  []byte // names of the open elements, one behind the other
	ends  []int  // where they end
}

const (
	xmlBytes = 64 << 10 // of the buffer, as long as no token needs more
	xmlDepth = 200      // elements in one another
)

func newXML(in io.Reader, most int) *xmlReader {
	return &xmlReader{in: in, buf: make([]byte, 0, xmlBytes), most: most}
}

// depth is how many elements are open.
func (x *xmlReader) depth() int { return len(x.ends) }

// next reads a token; after the last it returns io.EOF.
func (x *xmlReader) next() (xmlToken, error) {
	if x.empty {
		x.empty = false
		return xmlClose, x.pop()
	}
	for {
		rest := x.buf[x.pos:]
		switch {
		case len(rest) > 0 && rest[0] != '<':
			if got, err := x.chars(rest); got || err != nil {
				return xmlText, err
			}
			continue
		case len(rest) < 2:
			if err := x.more(); err != nil {
				return 0, x.ended(err)
			}
			continue
		}
		var token xmlToken
		var got bool
		var err error
		switch rest[1] {
		case '/':
			token = xmlClose
			got, err = x.closing(rest)
		case '?':
			err = x.instruction(rest)
		case '!':
			token = xmlText
			got, err = x.declaration(rest)
		default:
			got, err = x.opening(rest)
		}
		if errors.Is(err, errMore) {
			err = x.fill()
		}
		if got || err != nil {
			return token, err
		}
	}
}

// fill reads on for a token that is not whole.
func (x *xmlReader) fill() error {
	if err := x.more(); err != io.EOF {
		return err
	}
	return errCutXML
}

var errCutXML = errors.New("its XML is cut off")

// more reads on; it returns io.EOF if there is nothing more.
func (x *xmlReader) more() error {
	if x.end {
		return io.EOF
	}
	n := copy(x.buf, x.buf[x.pos:])
	x.buf, x.pos = x.buf[:n], 0
	if n > x.most {
		return fmt.Errorf("a text or tag in it has more than %d bytes, %w", x.most, ErrTooLarge)
	}
	if n > cap(x.buf)/2 {
		x.buf = append(make([]byte, 0, 2*cap(x.buf)), x.buf...)
	}
	got, err := io.ReadFull(x.in, x.buf[n:cap(x.buf)])
	x.buf = x.buf[:n+got]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		x.end, err = true, nil
	}
	if got == 0 && err == nil {
		return io.EOF
	}
	return err
}

// ended is the error at the end of the input.
func (x *xmlReader) ended(err error) error {
	if err == io.EOF && (len(x.ends) > 0 || x.pos < len(x.buf)) {
		return errCutXML
	}
	return err
}

// chars takes a text up to the next tag. Outside of the elements it is passed.
func (x *xmlReader) chars(rest []byte) (bool, error) {
	i := bytes.IndexByte(rest, '<')
	if i < 0 {
		if err := x.more(); err != io.EOF {
			return false, err
		}
		i = len(x.buf) - x.pos
		rest = x.buf[x.pos:]
	}
	x.text = rest[:i]
	x.pos += i
	if len(x.ends) > 0 {
		return true, nil
	}
	switch {
	case len(bytes.Trim(x.text, " \t\r\n\ufeff")) == 0:
		return false, nil
	case bytes.HasPrefix(x.text, []byte("\xff\xfe")), bytes.HasPrefix(x.text, []byte("\xfe\xff")), x.text[0] == 0:
		return false, errXMLEncoding
	}
	return false, errors.New("it is not XML")
}

var errXMLEncoding = errors.New("its XML is not UTF-8: open the workbook in Excel or LibreOffice and save it")

// opening takes a start tag.
func (x *xmlReader) opening(rest []byte) (bool, error) {
	i := 1
	for i < len(rest) && !isSpace(rest[i]) && rest[i] != '/' && rest[i] != '>' {
		i++
	}
	end := tagEnd(rest, i)
	switch {
	case end < 0:
		return false, errMore
	case i == 1 || rest[end] != '>':
		return false, errors.New("a tag in it is not XML")
	case len(x.ends) == xmlDepth:
		return false, fmt.Errorf("its elements are more than %d deep", xmlDepth)
	}
	full := rest[1:i]
	x.open = append(x.open, full...)
	x.ends = append(x.ends, len(x.open))
	x.name = full[bytes.IndexByte(full, ':')+1:]
	x.attrs = rest[i:end]
	if n := len(x.attrs); n > 0 && x.attrs[n-1] == '/' {
		x.attrs, x.empty = x.attrs[:n-1], true
	}
	x.pos += end + 1
	return true, nil
}

// trimSpace is bytes.TrimSpace for the white space of XML.
func trimSpace(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// tagEnd returns where the > of a tag is, whose name ends at i, -1 if it is not
// there yet. A < that stands in its place is returned as well.
func tagEnd(rest []byte, i int) int {
	quote := byte(0)
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '<':
			return i
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// closing takes an end tag, which must be that of the last open element.
func (x *xmlReader) closing(rest []byte) (bool, error) {
	end := bytes.IndexByte(rest, '>')
	if end < 0 {
		return false, errMore
	}
	full := trimSpace(rest[2:end])
	x.pos += end + 1
	if len(x.ends) == 0 || !bytes.Equal(full, x.open[x.start():]) {
		return false, fmt.Errorf("its XML ends an element %q that is not the last begun", shortText(full))
	}
	x.name = full[bytes.IndexByte(full, ':')+1:]
	return true, x.pop()
}

// start is where the name of the last open element begins.
func (x *xmlReader) start() int {
	if len(x.ends) == 1 {
		return 0
	}
	return x.ends[len(x.ends)-2]
}

func (x *xmlReader) pop() error {
	x.open = x.open[:x.start()]
	x.ends = x.ends[:len(x.ends)-1]
	return nil
}

// instruction passes a declaration of XML, or an instruction.
func (x *xmlReader) instruction(rest []byte) error {
	end := bytes.Index(rest, []byte("?>"))
	if end < 0 {
		return errMore
	}
	x.pos += end + 2
	if bytes.HasPrefix(rest, []byte("<?xml ")) {
		for a := rest[len("<?xml "):end]; len(a) > 0; {
			name, value, after := nextAttr(a)
			if string(name) == "encoding" && !bytes.EqualFold(value, []byte("utf-8")) && !bytes.EqualFold(value, []byte("us-ascii")) {
				return errXMLEncoding
			}
			a = after
		}
	}
	return nil
}

// declaration takes what begins with <!: a comment is passed, CDATA is a text.
func (x *xmlReader) declaration(rest []byte) (text bool, err error) {
	const comment, cdata = "<!--", "<![CDATA["
	switch {
	case bytes.HasPrefix(rest, []byte(comment)):
		end := bytes.Index(rest[len(comment):], []byte("-->"))
		if end < 0 {
			return false, errMore
		}
		x.pos += len(comment) + end + 3
		return false, nil
	case bytes.HasPrefix(rest, []byte(cdata)) && len(x.ends) > 0:
		end := bytes.Index(rest[len(cdata):], []byte("]]>"))
		if end < 0 {
			return false, errMore
		}
		x.pos += len(cdata) + end + 3
		x.text = escapeText(rest[len(cdata) : len(cdata)+end])
		return true, nil
	case len(rest) < len(cdata) && (bytes.HasPrefix([]byte(comment), rest) || bytes.HasPrefix([]byte(cdata), rest)):
		return false, errMore
	}
	return false, errors.New("it declares a document type, which no workbook has")
}

// escapeText writes & as an entity, as it is to be read as such again.
func escapeText(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte("&"), []byte("&amp;"))
}

// nextAttr splits the first attribute off; name is nil if there is none, or what
// is there is none.
func nextAttr(a []byte) (name, value, rest []byte) {
	eq := bytes.IndexByte(a, '=')
	if eq <= 0 {
		return nil, nil, nil
	}
	name, a = trimSpace(a[:eq]), a[eq+1:]
	for len(a) > 0 && isSpace(a[0]) {
		a = a[1:]
	}
	if len(a) == 0 || a[0] != '"' && a[0] != '\'' {
		return nil, nil, nil
	}
	end := bytes.IndexByte(a[1:], a[0])
	if end < 0 {
		return nil, nil, nil
	}
	return name, a[1 : 1+end], a[end+2:]
}

// attr returns an attribute of the element, whatever prefix it has, "" if it is
// not there.
func (x *xmlReader) attr(name string) (string, error) {
	for a := x.attrs; ; {
		n, value, rest := nextAttr(a)
		switch {
		case n == nil:
			return "", nil
		case string(n[bytes.IndexByte(n, ':')+1:]) == name:
			text, err := unescapeXML(nil, value)
			return string(text), err
		}
		a = rest
	}
}

// unescapeXML appends what a text of XML says.
func unescapeXML(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexAny(raw, "&\r")
		if i < 0 {
			return append(dst, raw...), nil
		}
		dst = append(dst, raw[:i]...)
		if raw[i] == '\r' { // a line break, however it is written
			dst = append(dst, '\n')
			raw = bytes.TrimPrefix(raw[i+1:], []byte("\n"))
			continue
		}
		end := bytes.IndexByte(raw[i:], ';')
		r := rune(-1)
		if end > 0 {
			r = entity(string(raw[i+1 : i+end]))
		}
		if r < 0 {
			return dst, fmt.Errorf("%q is no entity of XML's own", shortText(raw[i:min(len(raw), i+20)]))
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[i+end+1:]
	}
}

// entity returns the character of a name, -1 if there is none.
func entity(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return -1
	}
	return rune(n)
}
