package format

import (
	"fmt"
	"strings"
)

// The parts of a workbook that is written, but for its rows.
const (
	xlsxHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	xlsxMain  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	xlsxLinks = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

	xlsxTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`

	xlsxRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + xlsxLinks + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

	xlsxWorkbook = `<workbook xmlns="` + xlsxMain + `" xmlns:r="` + xlsxLinks + `"><sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>`

	xlsxBookRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + xlsxLinks + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + xlsxLinks + `/styles" Target="styles.xml"/></Relationships>`

	// xlsxSheet is the begin of the sheet: rows above the first stay in sight.
	xlsxSheet = `<worksheet xmlns="` + xlsxMain + `"><sheetViews><sheetView tabSelected="1" workbookViewId="0">` +
		`<pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`
)

// xlsxStyles writes the styles, in the order of their constants.
func xlsxStyles() string {
	const own = 164 // the first number of a format that is written out
	var formats, styles strings.Builder
	for _, xf := range []string{
		`numFmtId="0"`, `numFmtId="49" fontId="1" applyFont="1" applyNumberFormat="1"`, `numFmtId="49" applyNumberFormat="1"`, `numFmtId="49" quotePrefix="1" applyNumberFormat="1"`,
		fmt.Sprintf(`numFmtId="%d" applyNumberFormat="1"`, own), fmt.Sprintf(`numFmtId="%d" applyNumberFormat="1"`, own+1), fmt.Sprintf(`numFmtId="%d" applyNumberFormat="1"`, own+2),
	} {
		fmt.Fprintf(&styles, `<xf %s xfId="0"/>`, xf)
	}
	for i, code := range []string{`yyyy\-mm\-dd`, `yyyy\-mm\-dd\ hh:mm:ss`, "hh:mm:ss"} {
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, own+i, code)
	}
	for places := 1; places <= mostPlaces; places++ {
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="0.%s"/>`, own+2+places, strings.Repeat("0", places))
		fmt.Fprintf(&styles, `<xf numFmtId="%d" applyNumberFormat="1" xfId="0"/>`, own+2+places)
	}
	return `<styleSheet xmlns="` + xlsxMain + `"><numFmts count="` + fmt.Sprint(mostPlaces+3) + `">` + formats.String() + `</numFmts>` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="` + fmt.Sprint(decimalStyle+mostPlaces) + `">` + styles.String() + `</cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
