"""The script that people write by hand for PostgreSQL: COPY to a temporary table,
INSERT ... ON CONFLICT ... WHERE ... IS DISTINCT FROM, and the tags of each product
made equal to those of the file. One transaction; no plan, no rejects, no way back."""

import psycopg

import products

CHUNK = 1 << 20  # bytes of the file in one message

INCOMING = f"CREATE TEMPORARY TABLE incoming ({', '.join(f'{c} {t}' for c, t in products.COLUMNS.items())}) ON COMMIT DROP"

COPIED = ["sku", "title", "description", "price", "stock", "published", "updated_at", "active", "isbn", "weight"]
WRITTEN = [*COPIED, "category_id", "author_id"]
COMPARED = [c for c in WRITTEN if c != "sku"]

# A category that is not there gives a null, which the table refuses.
UPSERT = f"""
INSERT INTO shop_product AS p ({", ".join(WRITTEN)})
SELECT {", ".join("i." + c for c in COPIED)}, c.id, i.author
FROM incoming i LEFT JOIN shop_category c ON c.slug = i.category
ON CONFLICT (sku) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COMPARED)}
WHERE ({", ".join("p." + c for c in COMPARED)}) IS DISTINCT FROM ({", ".join("excluded." + c for c in COMPARED)})
"""

NEW_TAGS = """
INSERT INTO shop_tag (name)
SELECT unnest(string_to_array(tags, '|')) FROM incoming EXCEPT SELECT name FROM shop_tag
"""

WANTED = """
CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
SELECT p.id AS product_id, t.id AS tag_id
FROM incoming i
JOIN shop_product p ON p.sku = i.sku
CROSS JOIN unnest(string_to_array(i.tags, '|')) AS tag
JOIN shop_tag t ON t.name = tag
"""

UNLINK = """
DELETE FROM shop_product_tags l USING incoming i JOIN shop_product p ON p.sku = i.sku
WHERE l.product_id = p.id
AND NOT EXISTS (SELECT FROM wanted w WHERE w.product_id = l.product_id AND w.tag_id = l.tag_id)
"""

# EXCEPT, here and above, is hashed or sorted: never a loop, as NOT EXISTS is where
# the planner believes a table empty.
LINK = """
INSERT INTO shop_product_tags (product_id, tag_id)
SELECT product_id, tag_id FROM wanted EXCEPT SELECT product_id, tag_id FROM shop_product_tags
"""


def main():
    args = products.arguments(__doc__)
    clock = products.Clock()
    with psycopg.connect(args.database) as connection, connection.cursor() as db:
        db.execute("SET LOCAL TIME ZONE 'UTC'")
        db.execute("SET LOCAL work_mem = '256MB'")
        db.execute(INCOMING)
        with open(args.input, "rb") as f, db.copy("COPY incoming FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := f.read(CHUNK):
                copy.write(chunk)
        rows = db.rowcount
        db.execute("ANALYZE incoming")
        clock.lap("copy")
        written = db.execute(UPSERT).rowcount
        clock.lap("upsert")
        db.execute("ANALYZE shop_product")  # else it is taken for as small as it was, and the joins loop
        db.execute(NEW_TAGS)
        db.execute(WANTED)
        db.execute("ANALYZE wanted")
        unlinked = db.execute(UNLINK).rowcount
        linked = db.execute(LINK).rowcount
        clock.lap("tags")
        connection.commit()
        clock.lap("commit")
    clock.report(rows=rows, written=written, linked=linked, unlinked=unlinked)


if __name__ == "__main__":
    main()
