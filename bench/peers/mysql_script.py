"""The script that people write by hand for MySQL: LOAD DATA to a temporary table,
INSERT ... ON DUPLICATE KEY UPDATE of every row, and the tags of each product made
equal to those of the file. One transaction; no plan, no rejects, no way back."""

from urllib.parse import urlsplit

import pymysql

import products

TYPES = {
    "sku": "varchar(20)", "title": "varchar(200)", "description": "longtext", "category": "varchar(50)", "author": "bigint",
    "price": "decimal(10,2)", "stock": "int", "published": "date", "updated_at": "datetime(6)",
    "active": "bool", "isbn": "varchar(13)", "weight": "decimal(8,3)", "tags": "text",
}  # fmt: skip
NULLS = ["author", "published", "isbn", "weight"]  # empty is null

INCOMING = f"CREATE TEMPORARY TABLE incoming ({', '.join(f'{c} {t}' for c, t in TYPES.items())}, UNIQUE (sku)) CHARACTER SET utf8mb4"

LOAD = f"""
LOAD DATA LOCAL INFILE %s INTO TABLE incoming CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\\n' IGNORE 1 LINES
({", ".join("@" + c if c in NULLS else c for c in TYPES)}) SET {", ".join(f"{c} = nullif(@{c}, '')" for c in NULLS)}
"""

COPIED = ["sku", "title", "description", "price", "stock", "published", "updated_at", "active", "isbn", "weight"]
WRITTEN = [*COPIED, "category_id", "author_id"]

# A category that is not there gives a null, which the table refuses.
UPSERT = f"""
INSERT INTO shop_product ({", ".join(WRITTEN)})
SELECT {", ".join("i." + c for c in COPIED)}, c.id, i.author
FROM incoming i LEFT JOIN shop_category c ON c.slug = i.category
ON DUPLICATE KEY UPDATE {", ".join(f"{c} = VALUES({c})" for c in WRITTEN if c != "sku")}
"""

PARTED = """json_table(concat('["', replace(i.tags, '|', '","'), '"]'), '$[*]' COLUMNS (name varchar(50) PATH '$')) g"""

NEW_TAGS = f"""
INSERT INTO shop_tag (name)
SELECT DISTINCT g.name FROM incoming i, {PARTED} WHERE i.tags <> '' AND g.name NOT IN (SELECT name FROM shop_tag)
"""

WANTED = f"""
CREATE TEMPORARY TABLE wanted (PRIMARY KEY (product_id, tag_id))
SELECT p.id AS product_id, t.id AS tag_id
FROM (SELECT sku, tags FROM incoming WHERE tags <> '') i STRAIGHT_JOIN shop_product p ON p.sku = i.sku STRAIGHT_JOIN {PARTED} STRAIGHT_JOIN shop_tag t ON t.name = g.name
"""

UNLINK = """
DELETE l FROM shop_product_tags l JOIN shop_product p ON p.id = l.product_id JOIN incoming i ON i.sku = p.sku
LEFT JOIN wanted w ON w.product_id = l.product_id AND w.tag_id = l.tag_id
WHERE w.tag_id IS NULL
"""

LINK = """
INSERT INTO shop_product_tags (product_id, tag_id)
SELECT w.product_id, w.tag_id FROM wanted w
LEFT JOIN shop_product_tags l ON l.product_id = w.product_id AND l.tag_id = w.tag_id
WHERE l.tag_id IS NULL
"""


def connect(url):
    u = urlsplit(url)
    return pymysql.connect(
        host=u.hostname, port=u.port, user=u.username, password=u.password or "", database=u.path[1:], charset="utf8mb4", local_infile=True
    )


def main():
    args = products.arguments(__doc__, database="mysql://user@host:port/name")
    clock = products.Clock()
    connection = connect(args.database)
    with connection.cursor() as db:
        db.execute(INCOMING)
        rows = db.execute(LOAD, [args.input])
        clock.lap("load")
        written = db.execute(UPSERT)
        clock.lap("upsert")
        db.execute(NEW_TAGS)
        db.execute(WANTED)
        unlinked = db.execute(UNLINK)
        linked = db.execute(LINK)
        clock.lap("tags")
        connection.commit()
        clock.lap("commit")
    clock.report(rows=rows, written=written, linked=linked, unlinked=unlinked)


if __name__ == "__main__":
    main()
