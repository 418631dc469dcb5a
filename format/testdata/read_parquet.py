"""read_parquet.py FILE...: prints one JSON object a line for each Parquet file: what pyarrow and DuckDB read.

Values are texts: integers and floats' bits, so that nothing is lost between languages; timestamps are nanoseconds (pyarrow) or
microseconds (DuckDB) since 1970, decimals unscaled, bytes hexadecimal. Problems are statistics that do not hold, and filters that miss rows."""
import datetime, decimal, json, struct, sys, uuid
import duckdb, pandas, pyarrow as pa, pyarrow.parquet as pq

EPOCH = datetime.datetime(1970, 1, 1)
TICKS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def canonical(v):
    if v is None or isinstance(v, list):
        return v if v is None else [canonical(x) for x in v]
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        return "nan" if v != v else struct.pack(">d", v).hex()
    if isinstance(v, (bytes, uuid.UUID)):
        return getattr(v, "bytes", v).hex() if isinstance(v, uuid.UUID) else v.hex()
    if isinstance(v, decimal.Decimal):
        t = v.as_tuple()
        n = int("".join(map(str, t.digits)))
        return str(-n if t.sign else n)
    if isinstance(v, datetime.datetime):
        if v.tzinfo:
            v = v.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return str((v - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(v, datetime.date):
        return str((v - EPOCH.date()).days)
    if isinstance(v, datetime.time):
        return str(((v.hour * 60 + v.minute) * 60 + v.second) * 10**6 + v.microsecond)
    return str(v)


def times(t):
    """The type with timestamps as integers, and what one of them is in nanoseconds."""
    if pa.types.is_timestamp(t):
        return pa.int64(), TICKS[t.unit]
    if pa.types.is_list(t):
        inner, tick = times(t.value_type)
        return pa.list_(inner), tick
    return t, 0


def scaled(v, tick):
    return None if v is None else [scaled(x, tick) for x in v] if isinstance(v, list) else v * tick


def arrow(f, unit):
    table, out = pq.read_table(f, coerce_int96_timestamp_unit=unit), []
    for col in table.columns:
        t, tick = times(col.type)
        values = col.cast(t).to_pylist() if tick else col.to_pylist()
        out.append([canonical(scaled(v, tick) if tick else v) for v in values])
    return out


def schema(f):
    s, a = pq.ParquetFile(f).schema, pq.read_schema(f)
    leaves = [s.column(i) for i in range(len(s.names))]
    return [f"{c.path} {c.physical_type} {c.logical_type} {t} def{c.max_definition_level} rep{c.max_repetition_level}" for c, t in zip(leaves, a.types)]


def statistics(f):
    file, problems = pq.ParquetFile(f), []
    for g in range(file.num_row_groups):
        table = file.read_row_group(g)
        for i, name in enumerate(table.column_names):
            chunk, s = file.metadata.row_group(g).column(i), file.metadata.row_group(g).column(i).statistics
            if chunk.physical_type == "INT96":
                continue
            if s is None or not s.has_null_count:
                problems.append(f"{name}: row group {g}: no null count")
                continue
            values, kind = [], table.schema.field(i).type
            if pa.types.is_list(kind):
                continue
            values = [v for v in table.column(i).to_pylist() if v is not None and v == v]
            if s.null_count != table.column(i).null_count:
                problems.append(f"{name}: row group {g}: {s.null_count} nulls, want {table.column(i).null_count}")
            if values and not s.has_min_max:
                problems.append(f"{name}: row group {g}: no bounds")
            elif values and not pa.types.is_timestamp(kind):
                key = (lambda v: v.encode()) if isinstance(values[0], str) else (lambda v: v.bytes) if isinstance(values[0], uuid.UUID) else None
                low, high = min(values, key=key), max(values, key=key)
                got = [x.bytes if isinstance(x, uuid.UUID) else x.decode() if isinstance(x, bytes) and isinstance(low, str) else x for x in (s.min, s.max)]
                want = [x.bytes if isinstance(x, uuid.UUID) else x for x in (low, high)]
                if got != want:
                    problems.append(f"{name}: row group {g}: bounds {str(got):.200}, want {str(want):.200}")
    return problems


def duck(con, f):
    names = [r[0] for r in con.execute("describe select * from read_parquet(?)", [f]).fetchall()]
    types = [r[1] for r in con.execute("describe select * from read_parquet(?)", [f]).fetchall()]
    out, problems = [], []
    for name, t in zip(names, types):
        col = '"' + name.replace('"', '""') + '"'
        expr = col
        if t == "TIMESTAMP_NS":
            expr = f"(epoch_ns({col}) - (epoch_ns({col}) % 1000 + 1000) % 1000) // 1000"
        elif t.startswith("TIMESTAMP") and not t.endswith("]"):
            expr = f"epoch_us({col}::varchar::timestamptz)" if t == "TIMESTAMPTZ_NS" else f"epoch_us({col}::timestamp)"
        values = [r[0] for r in con.execute(f"select {expr} from read_parquet(?)", [f]).fetchall()]
        out.append([canonical(v) for v in values])
        if t.endswith("]") or t == "JSON":
            continue
        # Each value is found by a filter, which is what statistics are for. (They leave out NaN, which DuckDB orders last.)
        distinct = con.execute(f"select distinct {col}::varchar from read_parquet(?) where {col} is not null limit 8", [f]).fetchall()
        for (v,) in distinct if t != "BLOB" else []:
            if v != "nan" and con.execute(f"select count(*) from read_parquet(?) where {col} = ?::{t}", [f, v]).fetchone()[0] == 0:
                problems.append(f"{name}: a filter misses {v:.100}")
    return types, out, problems


con = duckdb.connect()
con.execute("set TimeZone = 'UTC'")
for f in sys.argv[1:]:
    meta = pq.ParquetFile(f).metadata
    types, values, missed = duck(con, f)
    try:
        frame = pq.read_table(f, coerce_int96_timestamp_unit="us").to_pandas() if "int96-us" in f else pandas.read_parquet(f)
        if len(frame) != meta.num_rows:
            missed.append(f"pandas: {len(frame)} rows")
    except pa.lib.ArrowNotImplementedError as e:
        if "pandas: extension<" not in str(e):  # which pyarrow has for no list of uuid or json, whoever wrote it
            raise
    print(json.dumps({
        "rows": meta.num_rows, "groups": [meta.row_group(g).num_rows for g in range(meta.num_row_groups)], "created_by": meta.created_by,
        "metadata": sorted(k.decode() for k in meta.metadata or {}),
        "codecs": sorted({meta.row_group(g).column(i).compression for g in range(meta.num_row_groups) for i in range(meta.num_columns)}),
        "schema": schema(f), "arrow": arrow(f, "us" if "int96-us" in f else "ns"), "duck_types": types, "duck": values, "problems": statistics(f) + missed,
    }))
