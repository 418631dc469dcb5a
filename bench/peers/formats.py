"""A table of 12 columns in every format that sluice reads, and other readers of it.

    formats.py make OUT ROWS                    table.* of so many rows; of .xls the first 20,000
    formats.py duck | pandas | pyyaml IN OUT.csv
    formats.py check OUT.csv ROWS               the CSV has the values of the table
"""

import csv
import datetime as dt
import json
import struct
import sys
import zipfile
from xml.sax.saxutils import escape

NAMES = ["id", "sku", "name", "brand", "price", "weight", "stock", "since", "seen", "active", "ean", "note"]
XLS_ROWS = 20_000


def row(i):
    day = dt.date(2020, 1, 1) + dt.timedelta(days=i % 1500)
    return [
        i, f"SKU{i:07}", f"제품 {i} 번", f"brand {i % 90}", f"{i % 9000}.{i % 90 + 10}", i / 8, i % 770, day,
        dt.datetime.combine(day, dt.time(i % 24, i % 60)), i % 3 > 0, str(8800000000000 + i), "new" if i % 5 == 0 else None,
    ]  # fmt: skip


def text(v):
    return "" if v is None else str(v).lower() if isinstance(v, bool) else str(v)


def ods_cell(v):
    kind, value = "string", None
    if v is None:
        return "<table:table-cell/>"
    if isinstance(v, bool):
        kind, value = "boolean", f'office:boolean-value="{str(v).lower()}"'
    elif isinstance(v, dt.date):
        kind, value = "date", f'office:date-value="{v.isoformat()}"'
    elif isinstance(v, (int, float)):
        kind, value = "float", f'office:value="{v}"'
    return f'<table:table-cell office:value-type="{kind}" {value or ""}><text:p>{escape(text(v))}</text:p></table:table-cell>'


def make_ods(out, rows):
    spaces = "".join(f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ["office", "table", "text"])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        with z.open("content.xml", "w", force_zip64=True) as f:
            f.write(f'<office:document-content{spaces}><office:body><office:spreadsheet><table:table table:name="t">'.encode())
            for r in [NAMES, *rows]:
                f.write(("<table:table-row>" + "".join(map(ods_cell, r)) + "</table:table-row>").encode())
            f.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")


def make_xlsx(out, rows):
    import columns

    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        texts = {}
        for name, part in columns.PARTS.items():
            z.writestr(name, part)
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
            f.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            for r in [NAMES, *rows]:
                f.write(("<row>" + "".join(columns.cell(v, texts) for v in r) + "</row>").encode())
            f.write(b"</sheetData></worksheet>")
        items = "".join(f'<si><t xml:space="preserve">{escape(t)}</t></si>' for t in texts)
        z.writestr("xl/sharedStrings.xml", f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>')


def xls_cell(r, c, v):
    if v is None:
        return b""
    if isinstance(v, (int, float)) and not isinstance(v, bool):
        return struct.pack("<HHHHHd", 0x203, 14, r, c, 0, v)
    chars = text(v).encode("utf-16le")
    return struct.pack("<HHHHHHB", 0x204, 9 + len(chars), r, c, 0, len(chars) // 2, 1) + chars


def make_xls(out, rows):
    begin = lambda kind: struct.pack("<HHHHHHII", 0x809, 16, 0x600, kind, 0, 0, 0, 0)
    end = struct.pack("<HH", 0x0A, 0)
    sheet = begin(0x10) + b"".join(xls_cell(r, c, v) for r, values in enumerate([NAMES, *rows]) for c, v in enumerate(values)) + end
    book = begin(5) + struct.pack("<HHIHBB", 0x85, 9, 0, 0, 1, 0) + b"S"
    stream = bytearray(book + end + sheet)
    struct.pack_into("<I", stream, len(begin(5)) + 4, len(book) + 4)
    stream += bytes(-len(stream) % 512)
    sectors = len(stream) // 512
    tables = next(n for n in range(1, 110) if n * 128 >= sectors + 1 + n)
    fat = [i + 1 for i in range(sectors - 1)] + [0xFFFFFFFE] * 2 + [0xFFFFFFFD] * tables
    fat += [0xFFFFFFFF] * (tables * 128 - len(fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, sectors, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *[sectors + 1 + i if i < tables else 0xFFFFFFFF for i in range(109)])

    def entry(name, kind, child, start, size):
        name = name.encode("utf-16le") + b"\0\0"
        return name.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(name), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, start, size)

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 0, len(stream)) + bytes(256)
    with open(out, "wb") as f:
        f.write(head + stream + directory + struct.pack(f"<{len(fat)}I", *fat))


def make(out, n):
    import duckdb

    rows = [row(i) for i in range(n)]
    for name, encoding in [("csv", "utf-8"), ("cp949.csv", "cp949")]:
        with open(f"{out}/table.{name}", "w", encoding=encoding, newline="") as f:
            w = csv.writer(f)
            w.writerows([NAMES, *([text(v) for v in r] for r in rows)])
    with open(f"{out}/table.json", "w") as f:
        f.write("[" + ",\n".join(json.dumps({k: text(v) if isinstance(v, dt.date) else float(v) if k == "price" else v for k, v in zip(NAMES, r)}, ensure_ascii=False) for r in rows) + "]")
    with open(f"{out}/table.yaml", "w") as f:
        for r in rows:
            f.write("- " + "\n  ".join(f"{k}: {chr(34) + v + chr(34) if k == 'ean' else text(v)}" for k, v in zip(NAMES, r)) + "\n")
    with open(f"{out}/table.html", "w") as f:
        f.write('<html><head><meta charset="utf-8"></head><body><table>')
        f.writelines("<tr>" + "".join(f"<td>{escape(text(v))}</td>" for v in r) + "</tr>\n" for r in [NAMES, *rows])
        f.write("</table></body></html>")
    with open(f"{out}/table.txt", "w") as f:
        widths = [8, 12, 30, 10, 10, 10, 5, 10, 19, 5, 13, 28]
        f.writelines("".join(text(v).ljust(w) for v, w in zip(r, widths)) + "\n" for r in rows)
    make_ods(f"{out}/table.ods", rows)
    make_xlsx(f"{out}/table.xlsx", rows)
    make_xls(f"{out}/table.xls", rows[:XLS_ROWS])
    duckdb.execute(f"COPY (FROM read_csv('{out}/table.csv', types={{'price': 'DECIMAL(10,2)', 'ean': 'VARCHAR'}})) TO '{out}/table.parquet' (COMPRESSION snappy)")


def duck(source, out):
    import duckdb

    read = {"csv": "read_csv", "json": "read_json", "parquet": "read_parquet"}[source.rsplit(".", 1)[1]]
    duckdb.execute(f"COPY (FROM {read}('{source}')) TO '{out}' (HEADER)")


def pandas(source, out):
    import pandas as pd

    pd.read_csv(source, encoding="cp949", parse_dates=["since", "seen"], dtype={"ean": str}).to_csv(out, index=False)


def pyyaml(source, out):
    import yaml

    with open(source) as f, open(out, "w", newline="") as to:
        rows = yaml.load(f, yaml.CSafeLoader)
        w = csv.writer(to)
        w.writerows([NAMES, *(r.values() for r in rows)])


def check(file, n):
    with open(file, newline="") as f:
        got = list(csv.reader(f))
    assert got[0] == NAMES, got[0]
    assert len(got) == n + 1, len(got)
    for i, r in enumerate(got[1:]):
        want = row(i)
        same = int(r[0]) == i and r[1:4] == want[1:4] and float(r[4]) == float(want[4]) and float(r[5]) == want[5] and int(r[6]) == want[6]
        same = same and r[7][:10] == str(want[7]) and r[8].replace("T", " ")[:19] == str(want[8]) and r[9].lower() == text(want[9]) and r[10:] == [want[10], text(want[11])]
        assert same, (r, want)


if __name__ == "__main__":
    verb, *args = sys.argv[1:]
    globals()[verb](*(int(a) if a.isdigit() else a for a in args))
