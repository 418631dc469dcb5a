"""The job in DuckDB's SQL. Only what the columns need is given a type, so that
DuckDB parses the rest of a record without keeping it."""

COPY = """
COPY (
  SELECT id,
         '{file.dep}' AS depAirportCode,
         '{file.country}' AS depCountryCode,
         '{file.currency}' AS currencyCode,
         'ICN' AS arrAirportCode,
         _carriers['-' || split_part(id, '-', 4)].name AS carrierName,
         strptime(split_part(id, '-', 2), '%y%m%d%H%M') AS depTime,
         strptime(split_part(id, '-', 7), '%y%m%d%H%M') AS arrTime,
         round_even(pricing_options[1].items[1].price.amount, 0)::BIGINT AS price,
         pricing_options[1].items[1].url AS url,
         TIMESTAMP '{file.current_date}' AS extractedDate,
         false AS isExpired
  FROM read_json('{raw}/{file.source}', format = 'array', columns = {{
    id: 'VARCHAR',
    pricing_options: 'STRUCT(items STRUCT(price STRUCT(amount DOUBLE), url VARCHAR)[])[]',
    _carriers: 'MAP(VARCHAR, STRUCT(name VARCHAR))'
  }})
) TO '{stage}/{file.target}' (FORMAT parquet, COMPRESSION snappy)
"""


def copy(file, raw, stage):
    return COPY.format(file=file, raw=raw, stage=stage)
