"""xlsx_cases.py DIR: writes workbooks by openpyxl, xlsxwriter and pandas into DIR, and prints for each one JSON line: its name, and what openpyxl and pandas read in its first sheet, as texts."""
import datetime as dt, json, math, random, re, sys
import openpyxl, pandas, xlsxwriter

folder = sys.argv[1] + "/"
random.seed(7)
names = ["text", "integer", "number", "day", "moment", "clock", "span", "flag", "mixed"]


def texts():
    return random.choice(["한글 텍스트", "a & b < c > \"d\" 'e'", " padded ", "line\nbreak", "x=1", "007", "1,5", "é" * 40, "-", "TRUE", "2024-04-17", "日本", None])


def day():
    return dt.date(1904, 1, 2) + dt.timedelta(days=random.randrange(60000))


def moment():
    return dt.datetime.combine(day(), clock()) + dt.timedelta(milliseconds=random.randrange(1000))


def clock():
    return dt.time(random.randrange(24), random.randrange(60), random.randrange(60))


def number():
    return random.choice([0.1, 1.1, 1.1 * 3, -2.5, 1e-7, 1.5e20, 123456.789, random.random(), random.uniform(-1e6, 1e6), round(random.uniform(0, 1000), 2)])


def row():
    r = [texts(), random.choice([0, -1, 12345, 2**31, 2**53 - 1, random.randrange(10**9)]), number(), day(), moment(), clock(), dt.timedelta(minutes=random.randrange(1, 6000)), random.random() < 0.5, None]
    r[8] = random.choice(r[:8])
    if random.random() < 0.1:
        return [None] * 9
    return [None if random.random() < 0.1 else v for v in r]


rows = [row() for _ in range(300)]


def by_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(names)
    for r in rows:
        sheet.append(r)
        for c in sheet[sheet.max_row]:
            if isinstance(c.value, dt.timedelta):
                c.number_format = "[h]:mm:ss"
            if isinstance(c.value, dt.date) and not isinstance(c.value, dt.datetime):
                c.number_format = random.choice(["yyyy-mm-dd", 'yyyy"년" m"월" d"일"', "m/d/yy", "[$-412]yyyy\"년\" m\"월\" d\"일\";@", "dd.mm.yyyy"])
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[5].hidden = True
    book.create_sheet("other").append(["not", "this"])
    book.save(folder + "openpyxl.xlsx")
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.save(folder + "from1904.xlsx")


def by_xlsxwriter(name, options):
    book = xlsxwriter.Workbook(folder + name, options)
    sheet = book.add_worksheet("Prices & more")
    form = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy/mm/dd hh:mm:ss.000", dt.time: "hh:mm:ss", dt.timedelta: "[h]:mm:ss"}
    form = {k: book.add_format({"num_format": v}) for k, v in form.items()}
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, names, bold)
    for i, r in enumerate(rows):
        for j, v in enumerate(r):
            if v is not None and not (isinstance(v, str) and v.startswith("=")):
                sheet.write(i + 1, j, v, form.get(type(v)))
    if not options.get("constant_memory"):
        sheet.write_rich_string(len(rows) + 1, 0, "rich ", bold, "bold", " text")
        sheet.write_formula(len(rows) + 1, 1, "=1+2", None, 3)
        sheet.write_formula(len(rows) + 2, 0, '="a"&"b"', None, "ab")
        sheet.merge_range(len(rows) + 3, 0, len(rows) + 3, 1, "merged")
        sheet.write_blank(len(rows) + 9, 5, None, bold)
    book.close()


def by_pandas():
    frame = pandas.DataFrame({"text": ["a", None, "c"], "integer": [1, 2, 3], "number": [0.5, float("nan"), 1e10], "day": pandas.to_datetime(["2024-04-17", "2024-04-18", None]), "flag": [True, False, True]})
    frame.to_excel(folder + "pandas.xlsx", index=False)


def canonical(v):
    if v is None or isinstance(v, float) and math.isnan(v) or v is pandas.NaT:
        return ""
    if isinstance(v, bool):
        return "TRUE" if v else "FALSE"
    if isinstance(v, (int, float)):
        return str(int(v)) if v == int(v) and abs(v) < 1e21 else repr(float(v))
    if isinstance(v, dt.datetime):
        return short(v.isoformat(timespec="milliseconds"))
    if isinstance(v, dt.time):
        return short(v.isoformat(timespec="milliseconds"))
    if isinstance(v, dt.timedelta):
        ms = round(v.total_seconds() * 1000)
        return short("%02d:%02d:%02d.%03d" % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000))
    return str(v)


def short(text):
    return re.sub(r"T00:00:00$", "", re.sub(r"\.000$", "", text))


by_openpyxl()
by_xlsxwriter("xlsxwriter.xlsx", {})
by_xlsxwriter("inline.xlsx", {"constant_memory": True})
by_pandas()
for name in ["openpyxl", "from1904", "xlsxwriter", "inline", "pandas"]:
    file = folder + name + ".xlsx"
    sheet = openpyxl.load_workbook(file, data_only=True).worksheets[0]
    table = [[canonical(v) for v in r] for r in sheet.iter_rows(values_only=True)]
    frame = pandas.read_excel(file, header=None, dtype=object, keep_default_na=False)
    frame = [[canonical(None if v == "" else v) for v in r] for r in frame.values.tolist()]
    print(json.dumps({"Name": name + ".xlsx", "Openpyxl": table, "Pandas": frame}))
