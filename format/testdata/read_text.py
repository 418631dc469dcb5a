"""read_text.py CSV NDJSON: prints as one JSON object what Python's csv and DuckDB read in the first, and Python's json in the second."""
import csv, json, sys
import duckdb

csv.field_size_limit(1 << 30)
with open(sys.argv[1], newline="", encoding="utf-8") as f:
    rows = list(csv.reader(f))
duck = duckdb.execute("select * from read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true, allow_quoted_nulls = false)", [sys.argv[1]]).fetchall()


class Digits(str):
    """A number as it is written."""


def text(v):
    if isinstance(v, str):
        return str(v)
    if v is None:
        return "None"
    return compact(v)


def compact(v):
    if isinstance(v, Digits):
        return str(v)
    if isinstance(v, list):
        return "[" + ",".join(compact(x) for x in v) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(json.dumps(k) + ":" + compact(x) for k, x in v.items()) + "}"
    return json.dumps(v, ensure_ascii=False)


with open(sys.argv[2], encoding="utf-8") as f:
    objects = [{k: text(v) for k, v in json.loads(line, parse_int=Digits, parse_float=Digits).items()} for line in f.read().split("\n")[:-1]]
print(json.dumps({"CSV": rows, "Duck": duck, "NDJSON": objects}))
