package format

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// NewODSReader returns a reader of the spreadsheet of OpenDocument (.ods) that the
// size bytes of in are, as LibreOffice, Excel and Google Sheets write it. It reads
// from in when it is read.
func NewODSReader(in io.ReaderAt, size int64, o SheetReadOptions) *SheetReader {
	return newSheetReader(in, size, o, openODS)
}

const (
	odsPart  = "content.xml"
	odsWhat  = "this is no spreadsheet of OpenDocument (.ods)"
	odsNames = 10_000 // sheets that a spreadsheet may have, as in LibreOffice
)

func openODS(r *SheetReader) (cellRows, error) { return openODSBy(r, newXML) }

// openODSBy opens a spreadsheet of which xml reads the content.
func openODSBy(r *SheetReader, xml func(io.Reader, int) *xmlReader) (cellRows, error) {
	z, err := openZip(r.in, r.size, odsWhat)
	if err != nil {
		return nil, err
	}
	if err := isODS(z); err != nil {
		return nil, err
	}
	sheet := ""
	if r.o.Sheet != "" {
		sheets, err := odsSheets(z, r.o.MaxRecord, xml)
		if err != nil {
			return nil, err
		}
		chosen, err := chooseSheet(sheets, r.o.Sheet)
		if err != nil {
			return nil, err
		}
		sheet = chosen.name
	}
	in, err := z.open(odsPart)
	if err != nil {
		return nil, err
	}
	rows := &odsRows{x: xml(in, r.o.MaxRecord), most: r.o.MaxRecord}
	return rows, rows.find(sheet)
}

// isODS says what an archive is that is no spreadsheet, or none that can be read.
func isODS(z *xlsxZip) error {
	const save = ": open it in LibreOffice and save it without a password"
	switch {
	case z.has("[Content_Types].xml"):
		return errors.New(odsWhat + " but a workbook of Excel: from.format: xlsx reads it")
	case z.has("encrypted-package"):
		return errors.New("the spreadsheet is encrypted" + save)
	case !z.has(odsPart):
		return errors.New(odsWhat + " but a ZIP archive of something else")
	case !z.has("META-INF/manifest.xml"):
		return nil
	}
	encrypted := false
	book := &xlsxBook{zip: z}
	err := book.each("META-INF/manifest.xml", func(x *xmlReader, _ int) error {
		encrypted = encrypted || string(x.name) == "encryption-data"
		return nil
	})
	if encrypted {
		return errors.New("the spreadsheet is encrypted" + save)
	}
	return err
}

// odsTables goes through what stands before the rows of each sheet: found is
// called behind the tag of a sheet, and may end it by io.EOF.
func odsTables(x *xmlReader, found func(s sheetEntry) error) error {
	hidden, style := map[string]bool{}, ""
	for {
		token, err := x.next()
		if err != nil || token != xmlOpen {
			if err != nil {
				return err
			}
			continue
		}
		switch depth := x.depth(); {
		case depth == 2 && string(x.name) != "body", depth == 1:
		case depth == 3 && string(x.name) == "style":
			if style, err = x.attr("name"); err != nil {
				return err
			}
		case depth == 4 && string(x.name) == "table-properties":
			if display, _ := x.attr("display"); display == "false" && len(hidden) < odsNames {
				hidden[style] = true
			}
		case depth == 3 && slices.Contains([]string{"text", "presentation", "drawing", "chart"}, string(x.name)):
			return errors.New(odsWhat + " but another document of LibreOffice")
		case depth == 4 && string(x.name) == "table":
			name, err1 := x.attr("name")
			look, err2 := x.attr("style-name")
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			if err := found(sheetEntry{name: name, part: odsPart, hidden: hidden[look], table: true}); err != nil {
				return err
			}
		}
	}
}

// odsSheets returns the sheets, in the order of their tabs.
func odsSheets(z *xlsxZip, most int, xml func(io.Reader, int) *xmlReader) (sheets []sheetEntry, err error) {
	in, err := z.open(odsPart)
	if err != nil {
		return nil, err
	}
	err = odsTables(xml(in, most), func(s sheetEntry) error {
		if sheets = append(sheets, s); len(sheets) > odsNames {
			return fmt.Errorf("it has more than the %d sheets that a spreadsheet may have", odsNames)
		}
		return nil
	})
	if err != io.EOF {
		return nil, partFault(odsPart, err)
	}
	return sheets, nil
}

// find goes on to the rows of a sheet, of the first that is not hidden if none is
// named.
func (r *odsRows) find(sheet string) error {
	var names []string
	err := odsTables(r.x, func(s sheetEntry) error {
		if s.name == sheet || sheet == "" && !s.hidden {
			r.table = r.x.depth()
			return io.EOF
		}
		if len(names) < odsNames {
			names = append(names, s.name)
		}
		return nil
	})
	switch {
	case r.table > 0:
		return nil
	case err == io.EOF:
		return fmt.Errorf("the spreadsheet has no sheet that is not hidden; from.sheet names one: %s", shortNames(names))
	}
	return partFault(odsPart, err)
}

// odsErrors are the texts of a formula that failed.
var odsErrors = []string{"#N/A", "#DIV/0!", "#REF!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!"}

func isODSError(text string) bool {
	return slices.Contains(odsErrors, text) || strings.HasPrefix(text, "Err:5")
}
