package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	pages "golang.org/x/net/html/charset"
)

// htmlToken is the most bytes that one tag or text of a page may have. What is
// held of a tag is a multiple of it.
const htmlToken = 4 << 20

// openHTML opens a table of a page of HTML: by its number, counted from 1 by the
// tags that begin one, its id, or its caption; the first by default.
func openHTML(r *SheetReader) (cellRows, error) {
	head := make([]byte, min(r.size, nullBytes))
	if _, err := r.in.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if err := isHTML(head); err != nil {
		return nil, err
	}
	in, err := pageText(r.in, r.size, head, r.o.Encoding)
	if err != nil {
		return nil, err
	}
	rows := &htmlRows{z: html.NewTokenizer(in), most: r.o.MaxRecord}
	rows.z.SetMaxBuf(min(htmlToken, r.o.MaxRecord))
	return rows, rows.find(r.o.Sheet)
}

// isHTML says what a file is that is no page.
func isHTML(head []byte) error {
	const what = "this is no page of HTML"
	switch {
	case len(head) == 0:
		return errors.New("is empty (0 bytes)")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New(what + " but a workbook or another ZIP archive: from.format: xlsx or ods reads those")
	case bytes.HasPrefix(head, []byte(compoundHead)):
		return errors.New(what + " but an old workbook of Excel: from.format: xls reads it")
	case Compressed(head) != "none":
		return errors.New(what + " but a file that is compressed by " + Compressed(head) + ": unpack it")
	case markOf(head) == "" && nulls(head, false) == nil && bytes.IndexByte(head, 0) >= 0:
		return errors.New(what + " but binary data")
	case bytes.IndexByte(head, '<') < 0:
		return errors.New(what + " but a text: if that is a table, from.format: csv reads it")
	}
	return nil
}

// pageText returns a page in UTF-8. Its encoding is that of its byte-order mark,
// else the one that is given, the one that the page names, and at last what it
// surely is.
func pageText(in io.ReaderAt, size int64, head []byte, encoding string) (io.Reader, error) {
	set, skip, err := charsetOfPage(in, size, head, encoding)
	if err != nil {
		return nil, err
	}
	page := io.NewSectionReader(in, skip, size-skip)
	if set == nil {
		return page, nil
	}
	return newTextDecoder(page, set, skip), nil
}

// charsetOfPage is the encoding of a page, nil for UTF-8, and how many bytes of a
// mark it begins with.
func charsetOfPage(in io.ReaderAt, size int64, head []byte, encoding string) (set *charset, skip int64, err error) {
	name := encoding
	if mark := markOf(head); mark != "" {
		name, skip = mark, 2
		if mark == "utf-8" {
			skip = 3
		}
	} else if name == "" || name == "auto" {
		if name, err = pageEncoding(in, size, head); err != nil {
			return nil, 0, err
		}
	}
	if name == "utf-8" {
		return nil, skip, nil
	}
	if set = charsetOf(name); set == nil {
		err = fmt.Errorf("the page is in %s, which is not read: save it as UTF-8", shortText([]byte(name)))
	}
	return set, skip, err
}

// pageEncoding is the encoding that a page names, or surely is.
func pageEncoding(in io.ReaderAt, size int64, head []byte) (string, error) {
	if set := nulls(head, int64(len(head)) == size); set != nil {
		return set.name, nil
	}
	if name := namedEncoding(head); name != "" {
		return name, nil
	}
	part := make([]byte, guessBytes)
	for from := int64(0); from < size; from += guessBytes {
		n, err := in.ReadAt(part, from)
		if err != nil && err != io.EOF {
			return "", err
		}
		at := notASCII(part[:n])
		if at < 0 {
			continue
		}
		if n, err = in.ReadAt(part, from+int64(at)); err != nil && err != io.EOF {
			return "", err
		}
		best := GuessEncoding(part[:n], from+int64(at+n) == size)
		if best[0].Encoding == "utf-8" || certain(best[0]) {
			return best[0].Encoding, nil
		}
		return "", unclear(part[:n], best)
	}
	return "utf-8", nil
}

// namedEncoding is the encoding that a page names in a tag at its beginning, "" if
// it names none.
func namedEncoding(head []byte) string {
	z := html.NewTokenizer(bytes.NewReader(head))
	for token := z.Next(); token != html.ErrorToken; token = z.Next() {
		name, more := z.TagName()
		if string(name) != "meta" || token == html.EndTagToken {
			continue
		}
		var key, value []byte
		for more {
			key, value, more = z.TagAttr()
			label := string(value)
			if string(key) == "content" {
				_, label, _ = strings.Cut(strings.ToLower(label), "charset=")
			} else if string(key) != "charset" {
				continue
			}
			if _, known := pages.Lookup(label); known != "" {
				return known
			} else if label != "" {
				return label
			}
		}
	}
	return ""
}

// find goes on to the rows of the table that is wanted.
func (r *htmlRows) find(wanted string) error {
	number, _ := strconv.Atoi(wanted)
	tables, frames, caption := 0, false, false
	var names []string
	for {
		switch token := r.z.Next(); token {
		case html.ErrorToken:
			if err := r.z.Err(); err != io.EOF {
				return r.fault()
			}
			return noTable(wanted, tables, frames, names)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := r.z.TagName()
			switch string(name) {
			case "frameset":
				frames = true
			case "caption":
				caption, r.text = tables > 0, r.text[:0]
			case "table":
				tables++
				id := r.attr("id", more)
				if wanted == "" || tables == number || id == wanted {
					return nil
				}
				names = append(names, id)[:min(len(names)+1, 20)]
			}
		case html.TextToken:
			if caption {
				if err := r.words(0); err != nil {
					return err
				}
			}
		case html.EndTagToken:
			if name, _ := r.z.TagName(); caption && string(name) == "caption" {
				if caption = false; strings.TrimSpace(string(r.text)) == wanted {
					return nil
				}
			}
		}
	}
}

// noTable says that a page has no such table, and what it has.
func noTable(wanted string, tables int, frames bool, names []string) error {
	var known []string
	for _, name := range names {
		if name != "" {
			known = append(known, name)
		}
	}
	switch {
	case frames:
		return errors.New("the page has no table, but frames: its sheets are files of their own, in the folder beside it")
	case tables == 0:
		return errors.New("the page has no table: one that a script makes in the browser is not in the file")
	case len(known) == 0:
		return fmt.Errorf("the page has no table %s: there are %d, and from.sheet is the number, the id or the caption of one", shortName(wanted), tables)
	}
	return fmt.Errorf("the page has no table %s: there are %d, and from.sheet is the number, the id or the caption of one; ids are %s", shortName(wanted), tables, shortNames(known))
}

// attr returns an attribute of the tag whose name was read, "" if there is none.
func (r *htmlRows) attr(name string, more bool) (text string) {
	var key, value []byte
	for more {
		if key, value, more = r.z.TagAttr(); string(key) == name && text == "" {
			text = string(value)
		}
	}
	return text
}
