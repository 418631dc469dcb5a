package format

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A xlsxBook is what is known of a workbook before its sheet is read.
type xlsxBook struct {
	zip    *xlsxZip
	from04 bool       // days are counted from 1904 on
	forms  []cellForm // by style
	shared sharedTexts
	sheet  string   // the part of the sheet
	shown  []string // names of the sheets that are not hidden
	moment []byte
}

const (
	xlsxWhat  = "this is no workbook of Excel (.xlsx)"
	bookBytes = 32 << 20 // of a part that says what the workbook is, as unpacked
	bookToken = 1 << 20  // of one tag or text in it
)

// openBook reads what the sheet, of the name or number given, is read by.
func openBook(in io.ReaderAt, size int64, sheet string, most int) (*xlsxBook, error) {
	z, err := openZip(in, size, xlsxWhat)
	if err != nil {
		return nil, err
	}
	b := &xlsxBook{zip: z}
	main, err := b.main()
	if err != nil {
		return nil, err
	}
	links, err := b.links(main)
	if err != nil {
		return nil, err
	}
	sheets, err := b.sheets(main, links)
	if err != nil {
		return nil, err
	}
	chosen, err := chooseSheet(sheets, sheet)
	if err != nil {
		return nil, err
	}
	b.sheet, b.shown = chosen.part, shownSheets(sheets)
	if part := b.linked(links, "styles"); part != "" {
		if err := b.styles(part); err != nil {
			return nil, err
		}
	}
	if part := b.linked(links, "sharedStrings"); part != "" {
		return b, b.texts(part, most)
	}
	return b, nil
}

// linked returns the part of a kind, "" if there is none.
func (b *xlsxBook) linked(links []partLink, kind string) string {
	for _, l := range links {
		if l.kind == kind && b.zip.has(l.part) {
			return l.part
		}
	}
	return ""
}

// main returns the part that names the sheets.
func (b *xlsxBook) main() (string, error) {
	links, err := b.links("")
	if err == nil {
		for _, l := range links {
			if l.kind == "officeDocument" {
				return l.part, b.isBook(l.part)
			}
		}
	}
	if b.zip.has("xl/workbook.xml") {
		return "xl/workbook.xml", nil
	}
	if e := b.isBook(""); e != nil {
		return "", e
	}
	return "", err
}

// isBook says what an archive is whose main part is no workbook.
func (b *xlsxBook) isBook(main string) error {
	switch {
	case b.zip.has("xl/workbook.bin"):
		return errors.New("this is a binary workbook (.xlsb): open it in Excel or LibreOffice and save it as .xlsx")
	case b.zip.has("content.xml") && b.zip.has("mimetype"):
		return errors.New(xlsxWhat + " but a document of LibreOffice: if it is a spreadsheet, from.format: ods reads it")
	case b.zip.has("word/document.xml"), b.zip.has("ppt/presentation.xml"):
		return errors.New(xlsxWhat + " but another document of Office")
	case main == "":
		return errors.New(xlsxWhat + " but a ZIP archive of something else")
	}
	return nil
}

// each goes through the elements of a small part. depth is how many elements
// the open one is in; the root is at 0.
func (b *xlsxBook) each(part string, do func(x *xmlReader, depth int) error) error {
	in, err := b.zip.open(part)
	if err != nil {
		return err
	}
	x := newXML(&limitedPart{in: in, left: bookBytes}, bookToken)
	for {
		token, err := x.next()
		if err == nil && token == xmlOpen {
			err = do(x, x.depth()-1)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return partFault(part, err)
		}
	}
}

// A limitedPart is a part that is held, or gone through, only up to a size.
type limitedPart struct {
	in   io.Reader
	left int64
}

func (l *limitedPart) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("it has more than %d MiB, which no such part needs", bookBytes>>20)
	}
	return n, err
}

// A partLink leads from a part to another.
type partLink struct {
	id, kind, part string
}

// links returns where a part leads to; "" is the workbook as a whole.
func (b *xlsxBook) links(part string) (links []partLink, err error) {
	dir, name := path.Split(part)
	err = b.each(dir+"_rels/"+name+".rels", func(x *xmlReader, depth int) error {
		if depth != 1 || string(x.name) != "Relationship" {
			return nil
		}
		id, err1 := x.attr("Id")
		kind, err2 := x.attr("Type")
		target, err3 := x.attr("Target")
		mode, err4 := x.attr("TargetMode")
		if mode == "External" {
			return nil
		}
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", dir, target)
		}
		links = append(links, partLink{id, path.Base(kind), strings.TrimPrefix(path.Clean(target), "/")})
		return errors.Join(err1, err2, err3, err4)
	})
	return links, err
}

// A sheetEntry is a sheet as the workbook names it.
type sheetEntry struct {
	name, part string
	hidden     bool
	table      bool // it has cells
}

// sheets returns the sheets, in the order of their tabs.
func (b *xlsxBook) sheets(part string, links []partLink) (sheets []sheetEntry, err error) {
	err = b.each(part, func(x *xmlReader, depth int) error {
		switch {
		case depth == 1 && string(x.name) == "workbookPr":
			from04, err := x.attr("date1904")
			b.from04 = from04 == "1" || from04 == "true"
			return err
		case depth != 2 || string(x.name) != "sheet":
			return nil
		}
		name, err1 := x.attr("name")
		id, err2 := x.attr("id")
		state, err3 := x.attr("state")
		s := sheetEntry{name: name, hidden: state == "hidden" || state == "veryHidden"}
		if i := slices.IndexFunc(links, func(l partLink) bool { return l.id == id }); i >= 0 {
			s.part, s.table = links[i].part, links[i].kind == "worksheet"
		}
		sheets = append(sheets, s)
		return errors.Join(err1, err2, err3)
	})
	return sheets, err
}

// shownSheets are the names of sheets that are not hidden.
func shownSheets(sheets []sheetEntry) (names []string) {
	for _, s := range sheets {
		if s.table && !s.hidden {
			names = append(names, s.name)
		}
	}
	return names
}

// chooseSheet returns the sheet of a name, or of a number as its tab has it; the
// first if neither is given. What is hidden has no number.
func chooseSheet(sheets []sheetEntry, wanted string) (sheetEntry, error) {
	var shown, names []string
	var chosen []sheetEntry
	number, err := strconv.Atoi(wanted)
	for _, s := range sheets {
		names = append(names, s.name)
		if !s.hidden {
			shown = append(shown, s.name)
		}
		switch {
		case wanted == s.name:
			chosen = append([]sheetEntry{s}, chosen...)
		case wanted != "" && strings.EqualFold(wanted, s.name),
			wanted == "" && s.table && !s.hidden,
			err == nil && !s.hidden && len(shown) == number && !slices.ContainsFunc(sheets, func(s sheetEntry) bool { return s.name == wanted }):
			chosen = append(chosen, s)
		}
	}
	switch {
	case len(chosen) == 0 && wanted == "":
		return sheetEntry{}, fmt.Errorf("the workbook has no sheet of cells that is not hidden; from.sheet names one: %s", shortNames(names))
	case len(chosen) == 0 && err == nil:
		return sheetEntry{}, fmt.Errorf("the workbook has no sheet %s: there are %d that are not hidden, %s", wanted, len(shown), shortNames(shown))
	case len(chosen) == 0:
		return sheetEntry{}, fmt.Errorf("the workbook has no sheet %s; it has %s", shortName(wanted), shortNames(names))
	case !chosen[0].table:
		return sheetEntry{}, fmt.Errorf("the sheet %s has no cells: it is a chart or a dialog", shortName(chosen[0].name))
	}
	return chosen[0], nil
}

// styles reads which styles are dates and times.
func (b *xlsxBook) styles(part string) error {
	codes, in := map[int]cellForm{}, ""
	return b.each(part, func(x *xmlReader, depth int) error {
		switch {
		case depth == 1:
			in = string(x.name)
			return nil
		case depth != 2 || in != "numFmts" && in != "cellXfs":
			return nil
		}
		text, err1 := x.attr("numFmtId")
		id, _ := strconv.Atoi(text) // none is General
		switch string(x.name) {
		case "numFmt":
			code, err := x.attr("formatCode")
			codes[id] = formOf(code)
			return errors.Join(err1, err)
		case "xf":
			form, custom := codes[id]
			if !custom {
				form = builtinForm(id)
			}
			b.forms = append(b.forms, form)
		}
		return err1
	})
}
