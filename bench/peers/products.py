"""What the programs of the table half share: arguments, the clock, one line of
JSON. Each ends with 0 when the table is as the file says, else with 1, or with 2
when it was called wrongly."""

import argparse
import csv
import json
import time

FLAT = "flat_product"  # the table of the programs that know no keys to other tables

# The columns of the file, with the types that PostgreSQL gives them on its way in.
COLUMNS = {
    "sku": "text", "title": "text", "description": "text", "category": "text", "author": "bigint",
    "price": "numeric(10,2)", "stock": "integer", "published": "date", "updated_at": "timestamptz",
    "active": "boolean", "isbn": "text", "weight": "numeric(8,3)", "tags": "text",
}  # fmt: skip


def arguments(doc, database="postgres://user@host:port/name", **flags):
    """The arguments of a program; flags are its own switches, with their help."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--database", required=True, help=database)
    p.add_argument("--input", required=True, help="a product file: CSV with a header")
    for name, text in flags.items():
        p.add_argument("--" + name, action="store_true", help=text)
    return p.parse_args()


def rows(path):
    """The records of a product file, the header left out."""
    with open(path, newline="", encoding="utf-8") as f:
        reader = csv.reader(f)
        header = next(reader)
        if header != list(COLUMNS):
            raise SystemExit(f"{path}: columns are {header}, want {list(COLUMNS)}")
        yield from reader


class Clock:
    """Seconds by phase, from the moment it is made."""

    def __init__(self):
        self.begin = self.last = time.perf_counter()
        self.phases = {}

    def lap(self, phase):
        now = time.perf_counter()
        self.phases[phase] = round(now - self.last, 3)
        self.last = now

    def report(self, **counts):
        """Prints the line of JSON: seconds in all, then by phase, then counts."""
        seconds = round(self.last - self.begin, 3)
        print(json.dumps({"seconds": seconds, "phases": self.phases, **counts}))
