"""Products of 12 columns as Parquet and as a workbook, and back to CSV.

    columns.py make-parquet IN.csv OUT.parquet
    columns.py make-xlsx IN.parquet OUT.xlsx ROWS
    columns.py duck | pyarrow IN.parquet OUT.csv
    columns.py check IN.parquet OUT.csv ROWS     the CSV has the values of the first rows
"""

import datetime
import sys
import zipfile
from xml.sax.saxutils import escape

import duckdb

TYPES = {
    "sku": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR", "category": "VARCHAR", "author": "BIGINT",
    "price": "DECIMAL(10,2)", "stock": "BIGINT", "published": "DATE", "updated_at": "TIMESTAMP",
    "active": "BOOLEAN", "isbn": "VARCHAR", "weight": "DOUBLE",
}  # fmt: skip

PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="products" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
}


def cell(v, texts):
    """A cell; its place follows from its neighbours. Texts are shared, as Excel has them."""
    epoch = datetime.datetime(1899, 12, 30)
    if v is None:
        return "<c/>"
    if isinstance(v, bool):
        return f'<c t="b"><v>{int(v)}</v></c>'
    if isinstance(v, datetime.datetime):
        return f'<c s="2"><v>{(v - epoch) / datetime.timedelta(days=1):.10f}</v></c>'
    if isinstance(v, datetime.date):
        return f'<c s="1"><v>{(v - epoch.date()).days}</v></c>'
    if isinstance(v, str):
        return f'<c t="s"><v>{texts.setdefault(v, len(texts))}</v></c>'
    return f"<c><v>{v}</v></c>"


def make_xlsx(source, out, rows):
    texts = {}
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in PARTS.items():
            z.writestr(name, text)
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
            f.write(f"<worksheet {main}><sheetData>".encode())
            for row in [tuple(TYPES), *duckdb.execute("FROM read_parquet(?) LIMIT ?", [source, rows]).fetchall()]:
                f.write(("<row>" + "".join(cell(v, texts) for v in row) + "</row>").encode())
            f.write(b"</sheetData></worksheet>")
        items = "".join(f'<si><t xml:space="preserve">{escape(t)}</t></si>' for t in texts)
        z.writestr("xl/sharedStrings.xml", f'<sst {main} count="{len(texts)}" uniqueCount="{len(texts)}">{items}</sst>')


def make_parquet(source, out):
    columns = ", ".join(f"{name}::{kind} AS {name}" for name, kind in TYPES.items())
    duckdb.execute(f"COPY (SELECT {columns} FROM read_csv('{source}', header = true, all_varchar = true)) TO '{out}' (FORMAT parquet)")


def duck(source, out):
    duckdb.execute(f"COPY (FROM read_parquet('{source}')) TO '{out}' (FORMAT csv, HEADER)")


def pyarrow(source, out):
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.csv.write_csv(pyarrow.parquet.read_table(source), out)


def check(source, out, rows):
    theirs = f"SELECT * FROM read_csv('{out}', header = true, columns = {TYPES}, quote = '\"', escape = '\"', new_line = '\\n', parallel = false)"
    ours = f"SELECT * FROM (FROM read_parquet('{source}') LIMIT {rows})"
    n = duckdb.sql(f"SELECT count(*) FROM ({theirs})").fetchone()[0]
    other = duckdb.sql(f"SELECT count(*) FROM (({ours}) EXCEPT ALL ({theirs}))").fetchone()[0]
    if n != rows or other:
        sys.exit(f"{n} rows, not {rows}, and {other} that differ")


def main():
    what, source, out, *rest = sys.argv[1:]
    rows = [int(n) for n in rest]
    {"make-parquet": make_parquet, "make-xlsx": make_xlsx, "duck": duck, "pyarrow": pyarrow, "check": check}[what](source, out, *rows)


if __name__ == "__main__":
    main()
