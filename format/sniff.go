package format

import "bytes"

// SniffBytes is how much of a file Sniff looks at.
const SniffBytes = nullBytes

// Sniff says of what format a file is that begins with head: of the one that its
// name says, unless it is clearly of another. What is named is a format, or "" if
// the name says none; "" stands for JSON, too, and for what is not known.
//
// What is named xls stays so if it is a page of HTML or a workbook of today: its
// reader reads these.
func Sniff(head []byte, named string) string {
	switch {
	case len(head) == 0, named == "html", named == "parquet", named == "json", named == "ndjson":
		return named
	case bytes.HasPrefix(head, []byte(compoundHead)):
		return "xls" // or encrypted, or another document, which its reader tells
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return zipForm(head, named)
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet"
	case Compressed(head) != "none":
		return named
	}
	return plainForm(head[:min(len(head), SniffBytes)], named)
}

// zipForm is the format of an archive that begins with head.
func zipForm(head []byte, named string) string {
	switch {
	case named == "xls":
	case bytes.Contains(head, []byte("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")):
		return "ods"
	case bytes.Contains(head, []byte("[Content_Types].xml")), bytes.Contains(head, []byte("_rels/.rels")), bytes.Contains(head, []byte("xl/")):
		return "xlsx"
	}
	return named
}

// plainForm is the format of a file that begins with head and is no well-known
// binary one.
func plainForm(head []byte, named string) string {
	text := head
	if name := markOf(head); name != "" {
		text, _ = ToUTF8(head, name)
	} else if set := nulls(head, false); set != nil {
		text, _ = decoded(set, head[:len(head)&^1])
	}
	if text = bytes.TrimLeft(text, " \t\r\n"); len(text) == 0 || bytes.IndexByte(text, 0) >= 0 {
		return named
	}
	switch {
	case text[0] == '<' && named != "xls" && isPage(text):
		return "html"
	case text[0] == '<':
		return named
	case HasSheets(named):
		return "csv"
	case named == "" && bytes.IndexByte([]byte(`[{"`), text[0]) < 0:
		return "csv"
	case (named == "csv" || named == "tsv") && isRecord(text):
		return ""
	}
	return named
}

// isPage says whether a text that begins with a tag is of HTML, not of other XML.
func isPage(text []byte) bool {
	text = bytes.ToLower(text)
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<meta", "<body", "<table", "<style"} {
		if bytes.Contains(text, []byte(tag)) {
			return true
		}
	}
	return false
}

// isRecord says whether a text begins as records of JSON do.
func isRecord(text []byte) bool {
	if inside, is := bytes.CutPrefix(text, []byte("[")); is {
		text = bytes.TrimLeft(inside, " \t\r\n")
	}
	inside, is := bytes.CutPrefix(text, []byte("{"))
	return is && bytes.HasPrefix(bytes.TrimLeft(inside, " \t\r\n"), []byte(`"`))
}
