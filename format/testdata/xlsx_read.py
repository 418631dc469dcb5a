"""xlsx_read.py XLSX: prints as one JSON object what openpyxl and pandas read in a workbook."""
import json, sys, warnings
import openpyxl, pandas

warnings.simplefilter("error")
book = openpyxl.load_workbook(sys.argv[1])
sheet = book.worksheets[0]
cells = [[[type(c.value).__name__, "" if c.value is None else str(c.value), c.number_format, c.data_type, c.quotePrefix] for c in r] for r in sheet.iter_rows()]
widths = [sheet.column_dimensions[openpyxl.utils.get_column_letter(i + 1)].width for i in range(sheet.max_column)]
frame = pandas.read_excel(sys.argv[1], header=None, dtype=object, engine="openpyxl")
print(json.dumps({"Sheet": sheet.title, "Frozen": sheet.freeze_panes, "Cells": cells, "Widths": widths, "Bold": sheet["A1"].font.b, "Rows": len(frame)}))
