"""The floor for PostgreSQL: a binary COPY of ready-made rows and links into the
tables, which must be empty, in one transaction. The server itself makes the rows
ready before the clock starts: it reads the file into a temporary table, and out of
that it writes what COPY will take."""

import psycopg

import products
from postgres_script import COPIED, INCOMING

CHUNK = 1 << 20  # bytes in one message, and read of the file at once

PRODUCT = f"shop_product (id, {', '.join(COPIED)}, category_id, author_id)"
LINK = "shop_product_tags (product_id, tag_id)"

READY_PRODUCTS = f"""
SELECT n, {", ".join("i." + c for c in COPIED)}, c.id, i.author
FROM incoming i JOIN shop_category c ON c.slug = i.category ORDER BY n
"""

READY_LINKS = """
SELECT n, t.id
FROM incoming i CROSS JOIN unnest(string_to_array(i.tags, '|')) AS tag JOIN shop_tag t ON t.name = tag ORDER BY n, t.id
"""


def prepare(connection, path):
    """The rows of both tables in the form of a binary COPY, ids included."""
    with connection.cursor() as db:
        db.execute("SET LOCAL TIME ZONE 'UTC'")
        db.execute(INCOMING)
        db.execute("ALTER TABLE incoming ADD n bigint GENERATED ALWAYS AS IDENTITY")
        with open(path, "rb") as f, db.copy(f"COPY incoming ({', '.join(products.COLUMNS)}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := f.read(CHUNK):
                copy.write(chunk)
        ready = []
        for query in READY_PRODUCTS, READY_LINKS:
            with db.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
                ready.append(b"".join(copy))
    connection.rollback()
    return ready


def send(db, table, data):
    with db.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        for start in range(0, len(data), CHUNK):
            copy.write(data[start : start + CHUNK])
    return db.rowcount


def main():
    args = products.arguments(__doc__)
    with psycopg.connect(args.database) as connection, connection.cursor() as db:
        rows, links = prepare(connection, args.input)
        clock = products.Clock()
        written = send(db, PRODUCT, rows)
        clock.lap("products")
        linked = send(db, LINK, links)
        clock.lap("links")
        connection.commit()
        clock.lap("commit")
        db.execute("SELECT setval(pg_get_serial_sequence('shop_product', 'id'), max(id)) FROM shop_product")
    clock.report(rows=written, written=written, linked=linked)


if __name__ == "__main__":
    main()
