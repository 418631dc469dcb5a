"""Pgloader into one flat table of PostgreSQL with the types of the file: no keys to
other tables, no tags. It can only add rows: there is no second file for it."""

import os
import subprocess
import sys
import tempfile
import urllib.parse

import products

TYPES = products.COLUMNS | {"active": "smallint"}  # it takes 1 and 0 for no boolean

COMMAND = """
LOAD CSV FROM '{input}' ({fields})
INTO {database}
TARGET TABLE {table} ({columns})
WITH skip header = 1, fields optionally enclosed by '"', fields escaped by double-quote, fields terminated by ','
SET timezone TO 'UTC'
BEFORE LOAD DO
$$ DROP TABLE IF EXISTS {table}; $$,
$$ CREATE TABLE {table} ({types}); $$;
"""


def main():
    args = products.arguments(__doc__)
    target = urllib.parse.urlsplit(args.database)._replace(query="").geturl()
    text = COMMAND.format(
        input=os.path.abspath(args.input),
        database=target,
        table=products.FLAT,
        fields=", ".join(f"{c} [null if blanks]" for c in TYPES),
        columns=", ".join(TYPES),
        types=", ".join(f"{c} {t}" for c, t in TYPES.items()),
    )
    with tempfile.TemporaryDirectory() as work:
        command = os.path.join(work, "products.load")
        with open(command, "w") as f:
            f.write(text)
        clock = products.Clock()
        done = subprocess.run(["pgloader", "--on-error-stop", "--root-dir", work, command], stdout=sys.stderr)
        clock.lap("run")
    if done.returncode != 0:
        raise SystemExit(f"pgloader ended with status {done.returncode}")
    clock.report()


if __name__ == "__main__":
    main()
