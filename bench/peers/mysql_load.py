"""The floor for MySQL: LOAD DATA of ready-made rows and links into the tables, which
must be empty, in one transaction. The rows are made ready before the clock starts:
files of what LOAD DATA takes, IDs included."""

import os
import tempfile

import products
from mysql_script import connect

PRODUCT = ["id", "sku", "title", "description", "category_id", "author_id", "price", "stock", "published", "updated_at", "active", "isbn", "weight"]
LINK = ["id", "product_id", "tag_id"]
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


def prepare(db, path, folder):
    """Writes the rows of both tables to a file each."""
    ids = {}
    for table, name in ("shop_category", "slug"), ("shop_tag", "name"):
        db.execute(f"SELECT {name}, id FROM {table}")
        ids[table] = dict(db.fetchall())
    files = [os.path.join(folder, name) for name in ("products", "links")]
    with open(files[0], "w", encoding="utf-8", newline="") as out, open(files[1], "w", encoding="utf-8") as links:
        link = 0
        for n, (sku, title, description, category, author, price, stock, published, updated, active, isbn, weight, tags) in enumerate(products.rows(path), 1):
            row = [str(n), sku, title, description, str(ids["shop_category"][category]), author or None, price, stock, published or None, updated, active, isbn or None, weight or None]
            out.write("\t".join("\\N" if v is None else v.translate(ESCAPED) for v in row) + "\n")
            for tag in sorted(ids["shop_tag"][t] for t in tags.split("|") if t):
                link += 1
                links.write(f"{link}\t{n}\t{tag}\n")
    return files


def load(db, table, columns, path):
    n = db.execute(f"LOAD DATA LOCAL INFILE %s INTO TABLE {table} CHARACTER SET utf8mb4 ({', '.join(columns)})", [path])
    db.execute("SHOW WARNINGS LIMIT 1")
    if warning := db.fetchone():
        raise SystemExit(f"{table}: {warning[2]}")
    return n


def main():
    args = products.arguments(__doc__, database="mysql://user@host:port/name")
    connection = connect(args.database)
    with connection.cursor() as db, tempfile.TemporaryDirectory() as folder:
        rows, links = prepare(db, args.input, folder)
        clock = products.Clock()
        written = load(db, "shop_product", PRODUCT, rows)
        clock.lap("products")
        linked = load(db, "shop_product_tags", LINK, links)
        clock.lap("links")
        connection.commit()
        clock.lap("commit")
    clock.report(rows=written, written=written, linked=linked)


if __name__ == "__main__":
    main()
