package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// openXLS opens what is named .xls: an old workbook of Excel, from 97 to 2003, but
// also a page of HTML, or a workbook of today, as many programs name them.
func openXLS(r *SheetReader) (cellRows, error) {
	head := make([]byte, min(r.size, nullBytes))
	if _, err := r.in.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	const what = "this is no workbook of Excel (.xls)"
	switch {
	case bytes.HasPrefix(head, []byte(compoundHead)):
		return openBIFF(r)
	case bytes.HasPrefix(head, []byte("PK")):
		return openXLSX(r)
	case bytes.Contains(head, []byte("urn:schemas-microsoft-com:office:spreadsheet")) && bytes.Contains(head, []byte("<?xml")):
		return nil, errors.New(what + " but one of XML, as Excel 2003 writes it: open it in Excel or LibreOffice and save it as .xlsx")
	case bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf\xff\xfe \t\r\n\x00"), []byte("<")):
		return openHTML(r)
	case len(head) >= 2 && head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8):
		return nil, errOldXLS
	}
	return nil, noZip(r.in, r.size, head, what)
}

// An xlsRows are the rows of a sheet of an old workbook.
type xlsRows struct {
	r     biffReader
	book  xlsxBook // what is known of it: styles, shared texts
	depth int      // parts in one another: charts stand among the cells
	line  int64

	cells   []xlsCell // of the row
	text    []byte    // what its own texts are
	next    int       // of cells
	scratch []byte
}

// An xlsCell is a cell as its record has it.
type xlsCell struct {
	column int
	typ    cellType
	style  int
	number float64
	shared uint32
	text   []byte
}

func openBIFF(r *SheetReader) (cellRows, error) {
	file, err := openCompound(r.in, r.size)
	if err != nil {
		return nil, err
	}
	stream, err := file.workbook()
	if err != nil {
		return nil, err
	}
	x := &xlsRows{r: biffReader{in: stream, most: r.o.MaxRecord}}
	sheets, err := x.globals(r.o.MaxTexts)
	if err != nil {
		return nil, err
	}
	var entries []sheetEntry
	for _, s := range sheets {
		entries = append(entries, s.sheetEntry)
	}
	chosen, err := chooseSheet(entries, r.o.Sheet)
	if err != nil {
		return nil, err
	}
	r.sheets = shownSheets(entries)
	for _, s := range sheets {
		if s.part == chosen.part {
			x.r.seek(int64(s.at))
		}
	}
	if err := x.r.next(); err != nil || x.r.typ != biffBegin {
		return nil, errors.Join(errCutBook, err)
	}
	x.depth = 1
	return x, nil
}

// A xlsSheet is a sheet as the workbook names it.
type xlsSheet struct {
	sheetEntry
	at uint32 // of the stream, where it begins
}

// globals reads what is known of the workbook before its sheets.
func (x *xlsRows) globals(most int) (sheets []xlsSheet, err error) {
	x.r.seek(0)
	formats, styles := map[int]cellForm{}, []int(nil)
	if err := x.r.next(); err != nil {
		return nil, err
	}
	if x.r.typ != biffBegin || len(x.r.data) < 2 || binary.LittleEndian.Uint16(x.r.data) != 0x0600 {
		return nil, errOldXLS
	}
	for x.r.typ != biffEnd {
		if err := x.r.next(); err != nil {
			return nil, err
		}
		d := x.r.data
		switch {
		case x.r.typ == biffPassword:
			return nil, errEncrypted
		case x.r.typ == biff1904 && len(d) >= 2:
			x.book.from04 = d[0] == 1
		case x.r.typ == biffXF && len(d) >= 4:
			styles = append(styles, int(binary.LittleEndian.Uint16(d[2:])))
		case x.r.typ == biffFormat && len(d) >= 2:
			id := int(binary.LittleEndian.Uint16(d))
			x.r.data = d[2:]
			code, err := x.r.text(nil, 2)
			if err != nil {
				return nil, err
			}
			formats[id] = formOf(string(code))
		case x.r.typ == biffSheet && len(d) >= 7:
			s := xlsSheet{at: binary.LittleEndian.Uint32(d)}
			s.hidden, s.table, s.part = d[4]&3 != 0, d[5] == 0, fmt.Sprint(len(sheets))
			x.r.data = d[6:]
			name, err := x.r.text(nil, 1)
			if err != nil {
				return nil, err
			}
			s.name = string(name)
			if sheets = append(sheets, s); len(sheets) > odsNames {
				return nil, fmt.Errorf("it has more than the %d sheets that a workbook may have", odsNames)
			}
		case x.r.typ == biffTexts:
			if err := x.texts(most); err != nil {
				return nil, err
			}
		}
		if len(styles) > 1<<16 {
			return nil, errors.New("it has more styles than a workbook may have")
		}
	}
	for _, id := range styles {
		form, ok := formats[id]
		if !ok {
			form = builtinForm(id)
		}
		x.book.forms = append(x.book.forms, form)
	}
	return sheets, nil
}

// texts reads the texts that cells share.
func (x *xlsRows) texts(most int) error {
	head, err := x.r.take(8)
	if err != nil {
		return err
	}
	var text []byte
	for left := binary.LittleEndian.Uint32(head[4:]); left > 0; {
		if len(x.r.data) == 0 {
			if err := x.r.next(); err != nil {
				return err
			}
			if x.r.typ != biffContinue { // there are fewer than were said to be
				x.r.back = true
				return nil
			}
			continue
		}
		if text, err = x.r.text(text[:0], 2); err != nil {
			return err
		}
		left--
		if x.book.shared.add(text); x.book.shared.bytes > most {
			return fmt.Errorf("the texts that its cells share have more than %d bytes, %w", most, ErrManyTexts)
		}
	}
	return nil
}
