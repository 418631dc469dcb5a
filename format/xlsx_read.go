package format

import (
	"io"
)

// NewXLSXReader returns a reader of the workbook of Excel (.xlsx, .xlsm) that the
// size bytes of in are: what Excel, LibreOffice, Google Sheets and the libraries
// write, also in its strict form. It reads from in when it is read.
func NewXLSXReader(in io.ReaderAt, size int64, o SheetReadOptions) *SheetReader {
	return newSheetReader(in, size, o, openXLSX)
}

// xlsxRows are the rows of a sheet of a workbook.
type xlsxRows struct {
	book    *xlsxBook
	sheet   *sheetScan
	raw     rawCell
	scratch []byte
}

func openXLSX(r *SheetReader) (cellRows, error) {
	book, err := openBook(r.in, r.size, r.o.Sheet, r.o.MaxTexts)
	if err != nil {
		return nil, err
	}
	r.sheets = book.shown
	in, err := book.zip.open(book.sheet)
	if err != nil {
		return nil, err
	}
	return &xlsxRows{book: book, sheet: newSheet(in, r.o.MaxRecord)}, nil
}

func (r *xlsxRows) row() (int64, error) {
	if err := r.sheet.row(); err != nil {
		if err != io.EOF {
			err = partFault(r.book.sheet, err)
		}
		return 0, err
	}
	return r.sheet.line, nil
}

func (r *xlsxRows) cell() (int, error) {
	more, err := r.sheet.cell(&r.raw)
	if err != nil {
		return 0, partFault(r.book.sheet, err)
	}
	if !more {
		return -1, nil
	}
	return r.raw.column, nil
}
