"""sheet_cases.py DIR: writes spreadsheets of OpenDocument as LibreOffice does, and old workbooks by xlwt, into DIR, and prints for each one JSON line: its name, and what calamine reads in its first sheet, as texts."""
import datetime as dt, io, json, math, random, re, sys, zipfile
from xml.sax.saxutils import escape
import pandas, python_calamine, xlwt

folder = sys.argv[1] + "/"
random.seed(11)
names = ["text", "integer", "number", "day", "moment", "clock", "flag", "mixed"]


def texts():
    return random.choice(["한글 텍스트", "a & b < c > \"d\" 'e'", "x=1", "007", "1,5", "é" * 40, "-", "TRUE", "2024-04-17", "日本", "a b", "line\nbreak", None])


def day():
    return dt.date(1990, 1, 2) + dt.timedelta(days=random.randrange(20000))


def moment():
    return dt.datetime.combine(day(), clock())


def clock():
    return dt.time(random.randrange(24), random.randrange(60), random.randrange(60))


def number():
    return random.choice([0.1, 1.1, 1.1 * 3, -2.5, 1e-7, 1.5e20, 123456.789, random.random(), random.uniform(-1e6, 1e6), round(random.uniform(0, 1000), 2)])


def row():
    r = [texts(), random.choice([0, -1, 12345, 2**29, 2**31, random.randrange(10**9)]), number(), day(), moment(), clock(), random.random() < 0.5, None]
    r[7] = random.choice(r[:7])
    if random.random() < 0.1:
        return [None] * 8
    return [None if random.random() < 0.1 else v for v in r]


rows = [row() for _ in range(300)]
rows = [r for r in rows for _ in range(random.choice([1, 1, 1, 3]))]


def ods_cell(v, times):
    attrs = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    if v is None:
        return f"<table:table-cell{attrs}/>"
    kind, text = "string", str(v)
    if isinstance(v, bool):
        kind, attrs = "boolean", attrs + f' office:boolean-value="{str(v).lower()}"'
    elif isinstance(v, (int, float)):
        kind, attrs = "float", attrs + f' office:value="{v!r}"'
    elif isinstance(v, dt.datetime):
        kind, attrs = "date", attrs + f' office:date-value="{v.isoformat()}"'
    elif isinstance(v, dt.date):
        kind, attrs = "date", attrs + f' office:date-value="{v.isoformat()}"'
    elif isinstance(v, dt.time):
        kind, attrs = "time", attrs + v.strftime(' office:time-value="PT%HH%MM%SS"')
    body = "".join(f"<text:p>{escape(p)}</text:p>" for p in text.split("\n"))
    return f'<table:table-cell office:value-type="{kind}"{attrs} calcext:value-type="{kind}">{body}</table:table-cell>'


def grouped(values):
    out = []
    for v in values:
        if out and out[-1][0] == v and type(out[-1][0]) is type(v):
            out[-1][1] += 1
        else:
            out.append([v, 1])
    return out


def write_ods(name):
    body = ""
    for r, times in grouped([names] + rows):
        cells = "".join(ods_cell(v, n) for v, n in grouped(r)) + '<table:table-cell table:number-columns-repeated="16376"/>'
        body += f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'
    body += '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    spaces = "".join(f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ["office", "table", "text", "style"]) + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    with zipfile.ZipFile(folder + name, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        z.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>')
        z.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:automatic-styles/><office:body><office:spreadsheet><table:table table:name="Sheet1">{body}</table:table></office:spreadsheet></office:body></office:document-content>')


def text(v):
    if isinstance(v, bool):
        return str(v).upper()
    if isinstance(v, float) and v == int(v) and abs(v) < 1e15:
        return str(int(v))
    if isinstance(v, dt.datetime):
        return v.date().isoformat() if v.time() == dt.time() else v.isoformat()
    if isinstance(v, dt.timedelta):
        return (dt.datetime.min + v).time().isoformat()
    if isinstance(v, (dt.date, dt.time)):
        return v.isoformat()
    return str(v)


def told(name, sheet_name="Sheet1"):
    sheet = python_calamine.load_workbook(folder + name).get_sheet_by_name(sheet_name)
    cells = [[text(v) for v in r] for r in sheet.to_python(skip_empty_area=False)]
    print(json.dumps({"Name": name, "Sheet": sheet_name, "Cells": cells}))


def write_html(name, encoding):
    """A page as office programs of all kinds give it, with cells that span others."""
    body = "<tr>" + "".join(f"<th>{escape(n)}</th>" for n in names) + "</tr>"
    for i, r in enumerate(rows):
        cells = ["" if v is None else escape(text(v)).replace("\n", " ") for v in r]
        if i % 10 == 0 and i + 1 < len(rows):
            body += f"<tr><td rowspan=2>{cells[0]}</td><td colspan='2'>{cells[1]}</td>" + "".join(f"<td class=x>{c}" for c in cells[3:]) + "</tr>"
        elif i % 10 == 1:
            body += "<TR>" + "".join(f"<TD>{c}</TD>" for c in cells[1:]) + "</TR>"
        else:
            body += "<tr>" + "".join(f"<td> <b>{c}</b>\n</td>" for c in cells) + "</tr>"
    page = f"<html><head><meta http-equiv='Content-Type' content='text/html; charset={encoding}'><style>td {{}}</style></head><body><table><tr><td>other</td></tr></table><table id='prices'>{body}</table></body></html>"
    with open(folder + name, "wb") as f:
        f.write(page.encode(encoding, "xmlcharrefreplace"))
    table = pandas.read_html(io.BytesIO(page.encode(encoding, "xmlcharrefreplace")), attrs={"id": "prices"}, header=None, keep_default_na=False, thousands=None, converters={n: str for n in names}, flavor="lxml", encoding=encoding)[0]
    print(json.dumps({"Name": name, "Sheet": "prices", "Cells": [names] + table.astype(str).values.tolist()}))


def write_xls(name, from1904=False):
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = from1904
    sheet = book.add_sheet("Sheet1")
    day_form, moment_form, clock_form = (xlwt.easyxf(num_format_str=f) for f in ['yyyy"년" m"월" d"일"', "yyyy-mm-dd hh:mm:ss", "hh:mm:ss"])
    for i, r in enumerate([names] + rows):
        for c, v in enumerate(r):
            if isinstance(v, dt.datetime):
                sheet.write(i, c, v, moment_form)
            elif isinstance(v, dt.date):
                sheet.write(i, c, v, day_form)
            elif isinstance(v, dt.time):
                sheet.write(i, c, v, clock_form)
            elif v is not None:
                sheet.write(i, c, v)
    many = book.add_sheet("texts")
    for i in range(3000):
        many.write(i, 0, f"{i} " + random.choice(["plain text ", "한글 텍스트 ", "吉野家 "]) * random.randrange(1, 60))
    book.save(folder + name)


def write_fixed(name):
    widths = [60, 12, 26, 12, 22, 10, 8, 26]
    lines = ["".join(("" if v is None else text(v).replace("\n", " ")).ljust(w) for v, w in zip(r, widths)).rstrip() for r in rows]
    with open(folder + name, "w", encoding="utf-8", newline="") as f:
        f.write("\r\n".join(lines))
    table = pandas.read_fwf(folder + name, widths=widths, header=None, dtype=str, keep_default_na=False, encoding="utf-8")
    at = [sum(widths[:i]) for i in range(len(widths))]
    print(json.dumps({"Name": name, "From": [a + 1 for a in at], "To": [a + w for a, w in zip(at, widths)], "Cells": table.fillna("").values.tolist()}))


write_fixed("pandas.fixed")
write_xls("xlwt.xls")
told("xlwt.xls")
told("xlwt.xls", "texts")
write_xls("from1904.xls", True)
told("from1904.xls")
write_html("utf8.html", "utf-8")
write_html("korean.html", "euc-kr")
write_ods("calc.ods")
told("calc.ods")
