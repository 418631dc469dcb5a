"""Writes Parquet files as their libraries do, and says what is in them.

Prints a line of JSON for each: its name, the columns that are read, their types
and the rows by pyarrow, each value as text (null: none).
"""
import base64
import datetime as dt
import decimal
import json
import math
import os
import struct
import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]


def clock(t, ns):
    text = f"{t.hour:02}:{t.minute:02}:{t.second:02}"
    if ns:
        digits = f"{ns:09}"
        while digits.endswith("000"):
            digits = digits[:-3]
        text += "." + digits
    return text


def stamp(value, typ):
    """An instant or a time without a zone, from its number."""
    per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[typ.unit]
    seconds, rest = divmod(value, per)
    t = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    text = f"{t.year:04}-{t.month:02}-{t.day:02}"
    return text, clock(t, rest * (10**9 // per)), "Z" if typ.tz else ""


def floating(value, bits):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    code = {16: "f", 32: "f", 64: "d"}[bits]
    return "f" + struct.pack(">" + code, value).hex()


def plain(scalar):
    """A value as text."""
    typ = scalar.type
    if not scalar.is_valid:
        return None
    if isinstance(typ, pa.BaseExtensionType):
        return str(scalar.as_py())
    if pa.types.is_dictionary(typ):
        return plain(scalar.value)
    if pa.types.is_boolean(typ):
        return "true" if scalar.as_py() else "false"
    if pa.types.is_floating(typ):
        return floating(float(scalar.as_py()), typ.bit_width)
    if pa.types.is_timestamp(typ):
        day, time, zone = stamp(scalar.value, typ)
        return f"{day} {time}{zone and '+00:00'}"
    if pa.types.is_time(typ):
        per = {"ms": 10**3, "us": 10**6, "ns": 10**9}[typ.unit]
        seconds, rest = divmod(scalar.value, per)
        return clock(dt.datetime(2000, 1, 1) + dt.timedelta(seconds=seconds), rest * (10**9 // per))
    if pa.types.is_binary(typ) or pa.types.is_large_binary(typ) or pa.types.is_fixed_size_binary(typ):
        return base64.b64encode(scalar.as_py()).decode()
    if pa.types.is_nested(typ):
        return json.dumps(nested(scalar), separators=(",", ":"), ensure_ascii=False)
    if pa.types.is_decimal(typ):
        return f"{scalar.as_py():f}"
    return str(scalar.as_py())


def nested(scalar):
    """A list, a map or a struct as JSON."""
    typ = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_map(typ):
        return {str(plain(k)): nested(v) for k, v in zip(scalar.values.field(0), scalar.values.field(1))}
    if pa.types.is_struct(typ):
        return {f.name: nested(scalar[f.name]) for f in typ}
    if pa.types.is_list(typ) or pa.types.is_large_list(typ) or pa.types.is_fixed_size_list(typ):
        return [nested(v) for v in scalar.values]
    if pa.types.is_integer(typ) or pa.types.is_boolean(typ) or pa.types.is_floating(typ):
        return scalar.as_py()
    if pa.types.is_decimal(typ):
        return float(scalar.as_py())
    text = plain(scalar)
    return text.replace(" ", "T", 1).replace("+00:00", "Z") if pa.types.is_timestamp(typ) else text


def case(name, columns=None):
    """Adds a file to the list, as pyarrow reads it."""
    table = pq.read_table(os.path.join(folder, name), coerce_int96_timestamp_unit="ns")
    names = columns or table.column_names
    rows = [[plain(table.column(c)[r]) for c in names] for r in range(table.num_rows)]
    kinds = [str(table.schema.field(c).type) for c in names]
    print(json.dumps({"Name": name, "Columns": names, "Kinds": kinds, "Rows": rows}))


def write(name, table, **options):
    pq.write_table(table, os.path.join(folder, name), **options)
    case(name)


def scalars(n=300):
    """A table of every flat type, with nulls."""
    null = lambda values: [None if i % 7 == 3 else v for i, v in enumerate(values)]
    numbers = range(n)
    day = dt.date(1999, 12, 25)
    columns = {
        "bool": pa.array(null([i % 3 == 0 for i in numbers]), pa.bool_()),
        "i8": pa.array(null([i % 256 - 128 for i in numbers]), pa.int8()),
        "i16": pa.array(null([i * 217 - 32768 for i in numbers]), pa.int16()),
        "i32": pa.array(null([i * 14_316_557 - 2**31 for i in numbers]), pa.int32()),
        "i64": pa.array(null([i * 61_489_146_912_365_000 - 2**63 for i in numbers]), pa.int64()),
        "u8": pa.array(null([i % 256 for i in numbers]), pa.uint8()),
        "u16": pa.array(null([i * 218 for i in numbers]), pa.uint16()),
        "u32": pa.array(null([i * 14_316_557 for i in numbers]), pa.uint32()),
        "u64": pa.array(null([i * 61_489_146_912_365_000 for i in numbers]), pa.uint64()),
        "f16": pa.array(null([np.float16(i * 1.37 - 7) for i in numbers]), pa.float16()),
        "f32": pa.array(null([i * 0.1 - 3 for i in numbers]), pa.float32()),
        "f64": pa.array(null([i * 0.1 - 3 if i else math.nan for i in numbers]), pa.float64()),
        "d9": pa.array(null([decimal.Decimal(i * 31 - 4000).scaleb(-2) for i in numbers]), pa.decimal128(9, 2)),
        "d18": pa.array(null([decimal.Decimal(i * 31 - 4000).scaleb(-4) * 10**9 for i in numbers]), pa.decimal128(18, 4)),
        "d38": pa.array(null([decimal.Decimal((i - 150) * 3**70).scaleb(-10) for i in numbers]), pa.decimal128(38, 10)),
        "d60": pa.array(null([decimal.Decimal((i - 150) * 3**110).scaleb(-10, decimal.Context(prec=76)) for i in numbers]), pa.decimal256(60, 10)),
        "date": pa.array(null([day + dt.timedelta(days=i * 37) for i in numbers]), pa.date32()),
        "t_ms": pa.array(null([i * 287_999 for i in numbers]), pa.time32("ms")),
        "t_us": pa.array(null([i * 287_999_001 for i in numbers]), pa.time64("us")),
        "ts_ms": pa.array(null([i * 86_399_123_456 - 10**13 for i in numbers]), pa.timestamp("ms")),
        "ts_us": pa.array(null([i * 86_399_123_456_789 - 10**15 for i in numbers]), pa.timestamp("us")),
        "ts_ns": pa.array(null([i * 17_399_123_456_789_123 - 10**18 for i in numbers]), pa.timestamp("ns")),
        "tz_us": pa.array(null([i * 86_399_123_456_789 - 10**15 for i in numbers]), pa.timestamp("us", "Asia/Seoul")),
        "text": pa.array(null(["", "a", "가나다 \"quoted\"", "x" * 300, "line\nbreak"][i % 5] + str(i % 11) for i in numbers), pa.string()),
        "bytes": pa.array(null([bytes([i % 256]) * (i % 9) for i in numbers]), pa.binary()),
        "fixed": pa.array(null([struct.pack(">I", i) + b"\0\xff" for i in numbers]), pa.binary(6)),
        "uuid": pa.array(null([uuid.UUID(int=i * 2**100 + i).bytes for i in numbers]), pa.uuid()) if hasattr(pa, "uuid") else pa.array(null([uuid.UUID(int=i).bytes for i in numbers]), pa.binary(16)),
        "word": pa.array(null([["red", "green", "blue"][i % 3] for i in numbers]), pa.string()).dictionary_encode(),
        "nothing": pa.nulls(n),
        "whole": pa.array(list(numbers), pa.int64()),
    }
    fields = [pa.field(k, v.type, nullable=k != "whole") for k, v in columns.items()]
    return pa.Table.from_arrays([c for c in columns.values()], schema=pa.schema(fields))


def encodings(table):
    """Every encoding of every type that pyarrow writes it for."""
    integers = [f for f in table.column_names if f[0] in "iu" and f[1:].isdigit()] + ["ts_us", "d9", "whole"]
    for name, columns, how in [
        ("delta", integers, "DELTA_BINARY_PACKED"),
        ("split", [c for c in integers if c not in ("d9",)] + ["f32", "f64", "fixed", "f16"], "BYTE_STREAM_SPLIT"),
        ("delta_length", ["text", "bytes"], "DELTA_LENGTH_BYTE_ARRAY"),
        ("delta_bytes", ["text", "bytes", "fixed"], "DELTA_BYTE_ARRAY"),
        ("rle", ["bool"], "RLE"),
    ]:
        some = table.select(columns)
        for version in ("1.0", "2.0"):
            write(f"{name}_{version}.parquet", some, use_dictionary=False, column_encoding={c: how for c in columns}, data_page_version=version, data_page_size=512, write_batch_size=50, store_decimal_as_integer=True)


def deep():
    """Lists, maps and structs in one another."""
    rows = []
    for i in range(400):
        rows.append({
            "n": i,
            "s": None if i % 11 == 5 else {"a": None if i % 3 == 1 else i, "b": {"c": f"t{i}", "d": None if i % 5 == 2 else i * 0.5}},
            "l": None if i % 7 == 1 else [None if k % 4 == 3 else k * i for k in range(i % 6)],
            "ll": None if i % 9 == 1 else [None if k == 2 else ["x" * m for m in range(k)] for k in range(i % 4)],
            "ls": [{"p": k, "q": None if k == 1 else [k, k + 1][: i % 3]} for k in range(i % 5)],
            "m": None if i % 8 == 1 else [(f"k{k}", None if k == 2 else k) for k in range(i % 4)],
            "mi": [(k, {"v": dt.date(2024, 1, 1 + k)}) for k in range(i % 3)],
            "lt": [dt.datetime(2024, 4, 17, 5, 30, k, tzinfo=dt.timezone.utc) for k in range(i % 3)],
            "ld": [decimal.Decimal(k).scaleb(-2) for k in range(i % 3)],
        })
    schema = pa.schema([
        pa.field("n", pa.int32(), nullable=False),
        ("s", pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.string()), ("d", pa.float64())]))])),
        ("l", pa.list_(pa.int64())),
        ("ll", pa.list_(pa.list_(pa.string()))),
        ("ls", pa.list_(pa.struct([("p", pa.int64()), ("q", pa.list_(pa.int32()))]))),
        ("m", pa.map_(pa.string(), pa.int64())),
        ("mi", pa.map_(pa.int64(), pa.struct([("v", pa.date32())]))),
        ("lt", pa.list_(pa.timestamp("us", "UTC"))),
        ("ld", pa.large_list(pa.decimal128(9, 2))),
    ])
    return pa.Table.from_pylist(rows, schema)


table = scalars()
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    write(f"codec_{codec}.parquet", table, compression=codec, data_page_version="1.0", write_page_checksum=True)
    write(f"codec_{codec}_2.parquet", table, compression=codec, data_page_version="2.0", use_dictionary=False, write_page_checksum=True)
write("small_pages.parquet", table, data_page_size=100, write_batch_size=10, row_group_size=77)
write("one_row_groups.parquet", table.slice(0, 20), row_group_size=1)
write("old.parquet", table.drop_columns(["ts_ns", "u32"]), version="1.0")
write("int96.parquet", table.select(["ts_ns"]), use_deprecated_int96_timestamps=True)
write("no_rows.parquet", table.slice(0, 0))
encodings(table)

nest = deep()
for version in ("1.0", "2.0"):
    write(f"nested_{version}.parquet", nest, data_page_version=version, data_page_size=200, write_batch_size=16, row_group_size=90)
write("nested_old.parquet", nest, use_compliant_nested_type=False)
write("nested_plain.parquet", nest, use_dictionary=False, compression="none")

frame = pd.DataFrame({"city": ["서울", None, "Paris"], "pop": [9.7, np.nan, 2.1]}, index=pd.Index(["KR", "XX", "FR"], name="code"))
frame.to_parquet(os.path.join(folder, "pandas.parquet"))
case("pandas.parquet")
frame.reset_index(drop=True)[lambda f: f["pop"] > 1].to_parquet(os.path.join(folder, "pandas_level.parquet"))
case("pandas_level.parquet", ["city", "pop"])

con = duckdb.connect()
con.execute("""create table t as select i::int as i, (i * 31)::bigint as b, i::utinyint as u, (i / 7.0)::decimal(18,5) as d,
 (i * 1000000007)::hugeint::decimal(38,3) as w, 'n' || (i % 10) as s, date '2024-01-01' + i::int as day, timestamp '2024-01-01' + interval (i) second as ts,
 (timestamp '2024-01-01' + interval (i) second)::timestamptz as tz, i / 3.0 as f, case when i % 4 = 0 then null else [i, i + 1] end as l, {'a': i, 'b': 'x'} as st,
 map {'k': i} as m, ('00000000-0000-0000-0000-' || lpad(i::varchar, 12, '0'))::uuid as id, ('b' || i)::blob as bl, time '01:02:03' as t
 from range(0, 250) r(i)""")
for codec in ("snappy", "zstd", "gzip", "brotli", "lz4_raw", "uncompressed"):
    for version in ("v1", "v2"):
        name = f"duckdb_{codec}_{version}.parquet"
        con.execute(f"copy t to '{folder}/{name}' (format parquet, compression {codec}, parquet_version {version}, row_group_size 2048)")
        case(name)
