"""DuckDB from folder to folder on one core: threads=1, one COPY a file."""

import os

import duckdb

import duck_sql
import flights


def main():
    args = flights.arguments()
    with open(f"{args.raw}/datasets.json", "rb") as f:
        todo = flights.files(f.read())
    os.makedirs(f"{args.stage}/source/flight", exist_ok=True)
    db = duckdb.connect()
    db.execute("SET threads = 1")
    for file in todo:
        db.execute(duck_sql.copy(file, args.raw, args.stage))


if __name__ == "__main__":
    main()
