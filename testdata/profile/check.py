"""Holds a profile to what pandas says of the same file: check.py FILE PROFILE.json.

Prints a line for each difference."""
import json
import math
import sys
import warnings

import numpy
import pandas

warnings.simplefilter("ignore")
file, profile = sys.argv[1], json.load(open(sys.argv[2]))
if file.endswith(".xlsx"):
    raw = pandas.read_excel(file, dtype=object, engine="openpyxl")
elif ".csv" in file:
    raw = pandas.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
else:
    raw = pandas.read_json(file, lines=".ndjson" in file, dtype=False)


def differ(column, what, got, want):
    if isinstance(want, (float, numpy.floating)):
        if got is not None and math.isclose(float(got), float(want), rel_tol=1e-9, abs_tol=1e-12):
            return
    elif got == want:
        return
    print(f"{column}: {what}: {got!r}, pandas has {want!r}")


def typed(series, typ):
    if typ in ("int64", "float64"):
        return pandas.to_numeric(series, errors="coerce")
    if typ in ("date", "timestamp"):
        return pandas.to_datetime(series, errors="coerce", format="ISO8601")
    if typ == "bool":
        return series.map(lambda v: {"true": True, "false": False}.get(str(v).lower()), na_action="ignore")
    return series.map(str, na_action="ignore")


differ("", "rows", profile["rows"], len(raw))
differ("", "columns", [c["from"] for c in profile["columns"]], list(raw.columns))
for c in profile["columns"]:
    name, typ, series = c["from"], c["type"], raw[c["from"]]
    values = typed(series, typ)
    rejects = int((values.isna() & series.notna()).sum())
    differ(name, "nulls", c["nulls"], int(series.isna().sum()))
    differ(name, "rejects", c["rejects"]["count"], rejects)
    values = values.dropna()
    differ(name, "values", c["values"], len(values))
    if c["distinct_exact"]:
        differ(name, "distinct", c["distinct"], values.nunique())
    elif abs(c["distinct"] - values.nunique()) > 4 * c["distinct_error"] * values.nunique():
        differ(name, "distinct, about", c["distinct"], values.nunique())
    if not len(values):
        continue
    counts = values.value_counts()
    if c["top_exact"]:
        differ(name, "top", [t["count"] for t in c.get("top", [])], [int(n) for n in counts[counts > 1].head(10)])
    for t in c.get("top", []):
        n = int(counts[typed(pandas.Series([t["value"]]), typ)[0]])
        if not t["count"] <= n <= t["count"] + c.get("top_error", 0):
            differ(name, "count of " + t["value"], t["count"], n)
    if typ in ("int64", "float64"):
        d = values.describe()
        for what, want in [("min", "min"), ("max", "max"), ("mean", "mean"), ("std", "std")]:
            differ(name, what, float(c[what]), float(d[want]))
        spread = d["max"] - d["min"]
        for i, share in enumerate([".25", ".5", ".75"]):
            got, want = float(c["quartiles"][i]), d[["25%", "50%", "75%"][i]]
            if abs(got - want) > spread * (1e-6 if c["sampled"] == len(values) else .03):
                differ(name, "quartile", got, float(want))
    if typ == "date":
        differ(name, "min", c["min"], str(values.min().date()))
        differ(name, "max", c["max"], str(values.max().date()))
    if typ == "timestamp":
        differ(name, "min", c["min"], str(values.min()))
    if typ == "string":
        lengths = values.str.len()
        differ(name, "longest", c["longest"], int(lengths.max()))
        differ(name, "mean length", c["mean_length"], float(lengths.mean()))
        by_bytes = sorted(values.map(lambda v: v.encode()))
        differ(name, "min", c["min"].encode(), by_bytes[0])
    if c.get("bars"):
        differ(name, "bars", sum(b["count"] for b in c["bars"]), c["sampled"])
