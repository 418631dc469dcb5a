"""The script that people write by hand for SQLite: csv, executemany of an upsert that
leaves unchanged rows alone, and the tags of each product made equal to those of the
file. One transaction; no plan, no rejects, no way back."""

import sqlite3

import products

WRITTEN = ["sku", "title", "description", "category_id", "author_id", "price", "stock", "published", "updated_at", "active", "isbn", "weight"]
COMPARED = [c for c in WRITTEN if c != "sku"]

UPSERT = f"""
INSERT INTO shop_product ({", ".join(WRITTEN)}) VALUES ({", ".join("?" * len(WRITTEN))})
ON CONFLICT (sku) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COMPARED)}
WHERE ({", ".join(COMPARED)}) IS NOT ({", ".join("excluded." + c for c in COMPARED)})
"""


def connect(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    return db


def upsert(db, path, tags_of):
    """Writes the products of the file, and notes the tags of each in tags_of."""
    categories = dict(db.execute("SELECT slug, id FROM shop_category"))

    def values():
        for sku, title, description, category, author, price, stock, published, updated_at, active, isbn, weight, tags in products.rows(path):
            tags_of[sku] = tags
            yield (
                sku, title, description, categories[category], author or None, price, stock,
                published or None, updated_at, active, isbn or None, weight or None,
            )  # fmt: skip

    return db.executemany(UPSERT, values()).rowcount


def tag_ids(db, tags_of):
    """The ids of all tags by name, those made that are not there yet."""
    ids = dict(db.execute("SELECT name, id FROM shop_tag"))
    for name in sorted({t for tags in tags_of.values() if tags for t in tags.split("|")} - ids.keys()):
        ids[name] = db.execute("INSERT INTO shop_tag (name) VALUES (?)", [name]).lastrowid
    return ids


def link(db, tags_of):
    """Makes the links of the products of the file equal to tags_of."""
    tags = tag_ids(db, tags_of)
    ids = {sku: id for sku, id in db.execute("SELECT sku, id FROM shop_product") if sku in tags_of}
    wanted = {(ids[sku], tags[t]) for sku, names in tags_of.items() if names for t in names.split("|")}
    ours = set(ids.values())
    there = {pair for pair in db.execute("SELECT product_id, tag_id FROM shop_product_tags") if pair[0] in ours}
    db.executemany("DELETE FROM shop_product_tags WHERE product_id = ? AND tag_id = ?", there - wanted)
    db.executemany("INSERT INTO shop_product_tags (product_id, tag_id) VALUES (?, ?)", sorted(wanted - there))
    return len(wanted - there), len(there - wanted)


def main():
    args = products.arguments(__doc__, database="the database's file")
    clock = products.Clock()
    db = connect(args.database)
    tags_of = {}
    db.execute("BEGIN")
    written = upsert(db, args.input, tags_of)
    clock.lap("upsert")
    linked, unlinked = link(db, tags_of)
    clock.lap("tags")
    db.execute("COMMIT")
    db.close()
    clock.lap("commit")
    clock.report(rows=len(tags_of), written=written, linked=linked, unlinked=unlinked)


if __name__ == "__main__":
    main()
