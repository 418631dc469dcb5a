"""Writes tables as people have them, and prints what is in each: how it is
written (from), and its rows as JSON has them."""
import csv
import datetime
import io
import json
import os
import sys

import openpyxl

folder = sys.argv[1]
NAMES = ["품명", "단가", "수량", "매출액", "이익률", "판매일"]
GOODS = [("의자", 1395, 3, 4185, 0.125, "2024-04-17"), ("책상", 12000, 10, 120000, 0.08, "2024-04-18"),
         ("전등", 900, 1, 900, -0.032, "2024-12-01"), ("책, 노트", 3500, 20, 70000, 0.2, "2024-11-30"), ('24" 모니터', 289000, 2, 578000, 0.055, "2024-04-21")]
ENGLISH = ["item", "price", "qty", "sales", "margin", "sold"]
LATIN = [("Größe Stühle", 1395.5, 3, 4186.5, 0.125, "2024-04-17"), ("Tisch für Gäste", 12000.0, 10, 120000.0, 0.08, "2024-04-18"), ("Lämpchen", 900.25, 1, 900.25, -0.032, "2024-12-25")]


def day(text, form):
    y, m, d = text.split("-")
    return form.format(y=y, m=m, d=d, M=int(m), D=int(d))


def table(rows, num="{:,}", money="{:,}", pct="{:.1f}%", date="{y}.{m}.{d}", point=False):
    def number(v, form):
        text = form.format(v)
        if point:
            text = text.replace(",", "~").replace(".", ",").replace("~", ".")
        return text
    return [[r[0], number(r[1], num), str(r[2]), number(r[3], money), number(r[4] * 100, pct), day(r[5], date)] for r in rows]


def text(names, rows, delimiter=",", end="\r\n", quote='"', **more):
    out = io.StringIO()
    w = csv.writer(out, delimiter=delimiter, lineterminator=end, quotechar=quote, **more)
    for names_row in (names if names and isinstance(names[0], list) else [names] if names else []):
        w.writerow(names_row)
    w.writerows(rows)
    return out.getvalue()


CASES = []


def case(name, codec, content, rows, mark=b"", ext="csv", **how):
    with open(os.path.join(folder, name + "." + ext), "wb") as f:
        f.write(mark + content.encode(codec))
    CASES.append({"Name": name, "Ext": ext, "From": {k: str(v) for k, v in how.items()}, "Rows": [list(r) for r in rows]})


PLAIN = table(GOODS)
K = text(NAMES, PLAIN)
# Encodings, as Excel and others write them.
case("cp949", "cp949", K, GOODS, encoding="cp949")
case("utf8", "utf-8", K, GOODS, encoding="utf-8")
case("utf8-mark", "utf-8", K, GOODS, mark=b"\xef\xbb\xbf", encoding="utf-8")
case("utf16-mark", "utf-16-le", text(NAMES, PLAIN, "\t"), GOODS, mark=b"\xff\xfe", encoding="utf-16le", delimiter="\t")
case("utf16be-mark", "utf-16-be", K, GOODS, mark=b"\xfe\xff", encoding="utf-16be")
case("utf16", "utf-16-le", K, GOODS, encoding="utf-16le")
JA = [("椅子とテーブル", 1395, 3, 4185, 0.125, "2024-04-17"), ("照明器具", 900, 10, 9000, 0.08, "2024-04-18"), ("ﾉｰﾄ", 200, 1, 200, 0.1, "2024-04-19")]
case("shift-jis", "cp932", text(["品名", "単価", "数量", "売上", "利益率", "販売日"], table(JA, date="{y}/{M}/{D}")), JA, encoding="shift-jis")
case("euc-jp", "euc_jp", text(["品名", "単価", "数量", "売上", "利益率", "販売日"], table(JA)), JA, encoding="euc-jp")
ZH = [("办公椅子", 1395, 3, 4185, 0.125, "2024-04-17"), ("电脑桌", 900, 10, 9000, 0.08, "2024-04-18"), ("中国铁路文具", 200, 1, 200, 0.1, "2024-04-19")]
case("gb18030", "gb18030", text(["产品名称", "单价", "数量", "销售额", "利润率", "日期"], table(ZH)), ZH, encoding="gb18030")
TW = [("辦公室用的東西", 1395, 3, 4185, 0.125, "2024-04-17"), ("電話與電線", 900, 10, 9000, 0.08, "2024-04-18"), ("中國報紙雜誌", 200, 1, 200, 0.1, "2024-04-19")]
case("big5", "big5", text(["產品名稱", "單價", "數量", "銷售額", "利率", "日期"], table(TW)), TW, encoding="big5")
DE = text(["Artikel", "Preis", "Menge", "Umsatz", "Marge", "Datum"], table(LATIN, "{:,.2f}", "{:,.2f}", date="{d}.{m}.{y}", point=True), ";")
case("german", "cp1252", DE, LATIN, encoding="windows-1252", delimiter=";")
RU = [("Стул деревянный", 1395, 3, 4185, 0.125, "2024-04-17"), ("Стол письменный", 900, 10, 9000, 0.08, "2024-04-18")]
case("russian", "cp1251", text(["Название", "Цена", "Количество", "Сумма", "Маржа", "Дата"], table(RU, date="{d}.{m}.{y}"), ";"), RU, encoding="windows-1251", delimiter=";")
PL = [("krzesło żółte", 1395, 3, 4185, 0.125, "2024-04-17"), ("stół dębowy", 900, 10, 9000, 0.08, "2024-04-18"), ("łóżko dla dzieci", 1, 1, 1, 0.1, "2024-04-19")]
case("polish", "cp1250", text(["nazwa", "cena", "ilość", "wartość", "marża", "data"], table(PL)), PL, encoding="windows-1250")
GR = [("καρέκλα ξύλινη", 1395, 3, 4185, 0.125, "2024-04-17"), ("τραπέζι", 900, 10, 9000, 0.08, "2024-04-18")]
case("greek", "cp1253", text(["είδος", "τιμή", "ποσότητα", "σύνολο", "κέρδος", "ημερομηνία"], table(GR)), GR, encoding="windows-1253")
# Delimiters, quotes, escapes, ends of lines.
for name, d in (("semicolon", ";"), ("tab", "\t"), ("pipe", "|")):
    case(name, "cp949", text(NAMES, PLAIN, d), GOODS, encoding="cp949", delimiter=d)
case("old-mac", "cp949", text(NAMES, PLAIN, end="\r"), GOODS, encoding="cp949")
case("unix", "cp949", text(NAMES, PLAIN, end="\n"), GOODS, encoding="cp949")
case("single-quotes", "utf-8", text(NAMES, PLAIN, quote="'", quoting=csv.QUOTE_ALL), GOODS, quote="'")
case("all-quoted", "cp949", text(NAMES, PLAIN, quoting=csv.QUOTE_ALL), GOODS, encoding="cp949")
case("backslash", "utf-8", text(NAMES, PLAIN, escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL), GOODS, escape="\\")
case("no-quotes", "utf-8", "\n".join("\t".join(r) for r in [NAMES] + PLAIN) + "\n", GOODS, ext="tsv", quote="none")
case("breaks", "cp949", text(["품명\n(이름)", "단가\n(원)"] + NAMES[2:], PLAIN), GOODS, encoding="cp949")
# Titles, comments, several rows of names, none, totals, notes.
case("title", "cp949", "2024년 4월 매출 현황,,,,,\r\n\r\n" + K, GOODS, header=3)
case("titles", "cp949", "2024년 4월 매출 현황\r\n작성자,홍길동\r\n작성일,2024-04-30\r\n\r\n" + K, GOODS, header=5)
case("comments", "utf-8", "# 시스템에서 내려받음\n# 2024-04-30, 홍길동\n" + K, GOODS, comment="#")
case("no-header", "cp949", text([], PLAIN), GOODS, header="false")
case("two-headers", "cp949", text([["품명", "매출", "", "", "", "판매일"], ["", "단가", "수량", "금액", "이익률", ""]], PLAIN), GOODS, header="1-2")
case("title-two-headers", "cp949", "매출 현황,,,,,\r\n" + text([["품명", "매출", "", "", "", "판매일"], ["", "단가", "수량", "금액", "이익률", ""]], PLAIN), GOODS, header="2-3")
case("total", "cp949", K + '합계,,36,"773,085",,\r\n', GOODS, footer=True)
case("total-inside", "cp949", K + ',합 계,36,"773,085",,\r\n', GOODS, footer=True)
case("notes", "cp949", K + "합계,,36,,,\r\n\r\n※ 단위: 원\r\n※ 부가세 포함\r\n", GOODS, footer=True)
case("note", "cp949", K + "※ 단위: 원 (부가세 포함),,,,,\r\n", GOODS, footer=True)
case("everything", "cp949", "2024년 4월,,,,,\r\n" + K + "합계,,36,,,\r\n", GOODS, header=2, footer=True)
# Rows that are longer or shorter than the names.
case("trailing", "cp949", K.splitlines()[0] + "\r\n" + "".join(line + ",\r\n" for line in K.splitlines()[1:]), GOODS, ragged="trim")
case("trailing-all", "cp949", "".join(line + ",\r\n" for line in K.splitlines()), GOODS)
SHORT = GOODS[:4] + [GOODS[4][:4] + (None, None)]
case("short", "cp949", text(NAMES, PLAIN[:4] + [PLAIN[4][:4]]), SHORT, ragged="pad")
# Numbers and dates.
case("won", "utf-8", text(NAMES, table(GOODS, "₩{:,}", "{:,}원", "{:.2f} %")), GOODS)
case("dollar", "utf-8", text(ENGLISH, table([(f"a{i}",) + g[1:] for i, g in enumerate(LATIN)], "${:,.2f}", "{:,.2f}")), [(f"a{i}",) + g[1:] for i, g in enumerate(LATIN)])
NEG = [("환불", -1395, 1, -1395, 0.1, "2024-04-17"), ("판매", 2000, 2, 4000, 0.1, "2024-04-18"), ("취소", -12000, 1, -12000, 0.1, "2024-04-19")]
BR = table(NEG)
for r in BR:
    for c in (1, 3):
        r[c] = "(" + r[c][1:] + ")" if r[c].startswith("-") else r[c]
case("brackets", "cp949", text(NAMES, BR), NEG)
PAD = [[f" {c} " if i else c for i, c in enumerate(r)] for r in PLAIN]
case("padded", "cp949", text(NAMES, PAD), GOODS)
DASH = [r[:] for r in PLAIN]
DASH[1][1] = DASH[2][5] = "-"
case("dashes", "cp949", text(NAMES, DASH), [g if i not in (1, 2) else tuple(None if (i, c) in ((1, 1), (2, 5)) else v for c, v in enumerate(g)) for i, g in enumerate(GOODS)])
for i, form in enumerate(["{y}년 {M}월 {D}일", "{y}년{m}월{d}일", "{y}. {M}. {D}.", "{d}/{m}/{y}", "{M}/{D}/{y}", "{y}/{m}/{d}", "{y}-{m}-{d}", "{d}-{m}-{y}"]):
    case(f"date-{i}", "cp949", text(NAMES, table(GOODS, date=form)), GOODS)
TIMES = [g[:5] + (g[5] + "T" + t,) for g, t in zip(GOODS, ("09:30:00", "13:05:00", "00:10:00", "12:00:00", "23:59:00"))]
AMPM = ["오전 9:30", "오후 1:05", "오전 12:10", "오후 12:00", "오후 11:59"]
rows = table(GOODS)
for r, t in zip(rows, AMPM):
    r[5] += " " + t
case("ampm", "cp949", text(NAMES, rows), TIMES)

# What is neither number nor date, though it has digits.
case("sep", "cp1252", "sep=;\r\n" + DE, LATIN, header=2, delimiter=";")
case("years", "cp949", text(["품명", "2022", "2023", "2024"], [["의자", "1,395", "900", "12"], ["책상", "2,000", "3", "15"], ["전등", "1", "2023", "2"]]), [("의자", 1395, 900, 12), ("책상", 2000, 3, 15), ("전등", 1, 2023, 2)])
TEXTS = [("홍길동", "010-1234-5678", "서울시 종로구", "00123"), ("김철수", "010-9876-5432", "부산시 해운대구", "00456"), ("이영희", "02-123-4567", "대전시 유성구", "01000")]
case("texts", "cp949", text(["이름", "전화", "주소", "우편번호"], TEXTS), TEXTS, encoding="cp949")
case("one-column", "cp949", "품명\r\n의자\r\n책상\r\n전등과 등\r\n", [("의자",), ("책상",), ("전등과 등",)], encoding="cp949")
case("one-row", "cp949", text(NAMES, PLAIN[:1]), GOODS[:1], encoding="cp949")
case("ascii", "ascii", text(ENGLISH, table([(f"a{i}",) + g[1:] for i, g in enumerate(GOODS)])), [(f"a{i}",) + g[1:] for i, g in enumerate(GOODS)])
case("total-english", "ascii", text(ENGLISH, table([(f"a{i}",) + g[1:] for i, g in enumerate(GOODS)])) + "Grand Total,,36,773085,,\n", [(f"a{i}",) + g[1:] for i, g in enumerate(GOODS)], footer=True)

# Names that say nothing of what is in the file, or something else.
case("excel-unicode-text", "utf-16-le", text(NAMES, PLAIN, "\t"), GOODS, mark=b"\xff\xfe", ext="txt", format="csv", delimiter="\t")
case("text", "cp949", text(NAMES, PLAIN, "|"), GOODS, ext="txt", format="csv", encoding="cp949", delimiter="|")
case("csv-named-xlsx", "cp949", K, GOODS, ext="xlsx", format="csv", encoding="cp949")
case("tsv-named-xls", "cp949", text(NAMES, PLAIN, "\t"), GOODS, ext="xls", format="csv", delimiter="\t")
case("json-named-csv", "utf-8", json.dumps([{"a": 1}, {"a": 2}]), [(1,), (2,)], ext="csv", format="json")

# Further delimiters, comments before the names, short rows at the beginning.
for name, d in (("caret", "^"), ("tilde", "~"), ("unit", "\x1f"), ("hive", "\x01")):
    case(name, "cp949", text(NAMES, PLAIN, d), GOODS, encoding="cp949", delimiter=d)
case("two-pipes", "cp949", "".join("||".join(r) + "\n" for r in [NAMES] + PLAIN), GOODS, delimiter="||")
case("few-rows-many-comments", "utf-8", "# a\n# b\nid,a\n1,2\n# c\n3,4\n", [(1, 2), (3, 4)], comment="#", delimiter=",")
case("short-first", "cp949", text(NAMES, [PLAIN[0][:3]] + PLAIN[1:5]), [GOODS[0][:3] + (None, None, None)] + GOODS[1:], ragged="pad")
case("short-few", "utf-8", "코드,이름,금액,날짜\nA-1,가,1\nA-2,나,2,2024-04-17\nA-3,다,3,2024-04-18\n", [("A-1", "가", 1, None), ("A-2", "나", 2, "2024-04-17"), ("A-3", "다", 3, "2024-04-18")], ragged="pad")
case("notes-of-few-rows", "cp949", K + "\r\n(단위: 원)\r\n출력일시: 2024-04-17 10:00\r\n", GOODS, footer=True)
for i, word in enumerate(["합계(원)", "총계 :", "평균", "Total (5 rows)", "AVERAGE"]):
    case(f"total-{i}", "cp949", K + word + ",,36,,,\r\n", GOODS, footer=True)
case("chinese-dates", "gb18030", text(["产品名称", "单价", "数量", "销售额", "利润率", "日期"], table(ZH, date="{y}年{M}月{D}日")), ZH, encoding="gb18030")
case("japanese-dates", "cp932", text(["品名", "単価", "数量", "売上", "利益率", "販売日"], table(JA, date="{y}年{m}月{d}日")), JA, encoding="shift-jis")
HE = [("כיסא עץ", 12), ("שולחן גדול", 99), ("מיטה זוגית", 250)]
case("hebrew", "cp1255", text(["שם מוצר", "מחיר"], [(n, str(p)) for n, p in HE]), HE, encoding="windows-1255")
case("few-umlauts", "cp1252", "Artikel;Ort\nStuhl;München\nTisch;Köln\nLampe;Düsseldorf\n", [("Stuhl", "München"), ("Tisch", "Köln"), ("Lampe", "Düsseldorf")], encoding="windows-1252")
case("spaces", "utf-8", "id , name , price\n1 , desk , 12\n2 , chair , 13\n", [(1, "desk", 12), (2, "chair", 13)])
case("clock", "cp949", "품명,시각,개장\n의자,09:30:00,오전 9:05\n책상,23:59:59,오후 12:30\n", [("의자", "09:30:00", "09:05:00"), ("책상", "23:59:59", "12:30:00")], encoding="cp949")
case("a-name-twice", "cp949", "품명,금액,금액\n의자,1,2\n책상,3,4\n", [("의자", 1, 2), ("책상", 3, 4)], encoding="cp949")
case("mixed-dates", "utf-8", "id,day\n1,2024-04-17\n2,2024.04.18\n3,2024/04/19\n4,2024년 4월 20일\n5,20240421\n", [(i, f"2024-04-{16 + i}") for i in range(1, 6)])


# Workbooks, as people lay them out.
def book(name, sheets, rows, ext="xlsx", merge=(), **how):
    b = openpyxl.Workbook()
    b.remove(b.active)
    for title, cells in sheets:
        s = b.create_sheet(title)
        for line in cells:
            s.append(line)
    for part in merge:
        b.worksheets[0].merge_cells(part)
    b.save(os.path.join(folder, name + "." + ext))
    CASES.append({"Name": name, "Ext": ext, "From": {k: str(v) for k, v in how.items()}, "Rows": [list(r) for r in rows]})


TYPED = [list(g[:5]) + [datetime.date.fromisoformat(g[5])] for g in GOODS]
TITLE = [["2024년 4월 매출 현황"], []]
book("book", [("Sheet1", [NAMES] + TYPED)], GOODS, format="xlsx", header="true")
book("book-title", [("매출", TITLE + [NAMES] + TYPED), ("재고", [["코드", "수량"], ["001", 5]])], GOODS, merge=["A1:F1"], header=3, sheet="")
book("book-total", [("매출", TITLE + [NAMES] + TYPED + [["합계", None, 36, 773085]])], GOODS, header=3, footer=True)
book("book-total-inside", [("매출", [NAMES] + TYPED + [[None, "합 계", 36], ["※ 부가세 별도"]])], GOODS, footer=True)
book("book-aside", [("매출", [[], [], [None] * 2 + NAMES] + [[None] * 2 + t for t in TYPED])], GOODS, header=3)
book("book-two-headers", [("매출", [["품명", "매출", None, None, None, "판매일"], [None, "단가", "수량", "금액", "이익률", None]] + TYPED)], GOODS, merge=["A1:A2", "B1:E1", "F1:F2"], header="1-2")
book("book-years", [("매출", [["지역", 2023, None, 2024, None], [None, "수량", "금액", "수량", "금액"], ["서울", 1, 2, 3, 4], ["부산", 5, 6, 7, 8]])], [("서울", 1, 2, 3, 4), ("부산", 5, 6, 7, 8)], merge=["A1:A2", "B1:C1", "D1:E1"], header="1-2")
book("book-no-header", [("매출", TYPED)], GOODS, header="false")
book("book-cover", [("표지", [["매출 보고서"], ["홍길동"]]), ("자료", [NAMES] + TYPED)], GOODS, sheet="자료")
book("book-texts", [("매출", [NAMES] + PLAIN)], [(g[0], g[1], str(g[2])) + g[3:] for g in GOODS])
LONG = [["상품 %d" % i, i] for i in range(3000)]
book("book-green", [("매출", [["품명", "수량", "코드"], ["의자", 3, "007"], ["책상", "12", "12"], ["전등", 5, "100"]])], [("의자", 3, "007"), ("책상", 12, "12"), ("전등", 5, "100")])
book("book-long", [("매출", [["품명", "수량"]] + LONG + [["총계", 4498500]])], LONG[:100], footer=True)
PAGE = "<html><head><meta http-equiv=Content-Type content='text/html; charset=euc-kr'></head><body><table border=1>%s</table></body></html>" % "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in [NAMES] + PLAIN)
case("page-named-xls", "cp949", PAGE, GOODS, ext="xls", format="xls")
case("page-named-xlsx", "cp949", PAGE, GOODS, ext="xlsx", format="html")

for c in CASES:
    print(json.dumps(c))
