"""Dlt into one flat table of PostgreSQL: Arrow batches, loaded as CSV by COPY, its
quickest way. No keys to other tables, no tags. With --merge by sku into the table
there is, every row written."""

import os
import tempfile
import urllib.parse

import products

clock = products.Clock()  # before dlt is loaded
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"  # which it reads then

import dlt
import pyarrow as pa
import pyarrow.csv

TYPES = {
    "price": pa.decimal128(10, 2), "weight": pa.decimal128(8, 3), "published": pa.date32(),
    "updated_at": pa.timestamp("us"), "active": pa.bool_(), "stock": pa.int32(), "author": pa.int64(),
}  # fmt: skip


def batches(path):
    text = [c for c in products.COLUMNS if c not in TYPES]
    options = pyarrow.csv.ConvertOptions(
        column_types=TYPES | dict.fromkeys(text, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    read = pyarrow.csv.ReadOptions(block_size=16 << 20)
    with pyarrow.csv.open_csv(path, read, pyarrow.csv.ParseOptions(newlines_in_values=True), options) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


def credentials(url):
    """The URL with a password: dlt wants one, though the server may ask for none."""
    u = urllib.parse.urlsplit(url)
    return url if u.password else u._replace(netloc=u.netloc.replace("@", ":none@", 1)).geturl()


def main():
    args = products.arguments(__doc__, merge="update the rows that are there, and insert the others")
    with tempfile.TemporaryDirectory() as work:
        target = dlt.destinations.postgres(credentials(args.database))
        pipeline = dlt.pipeline("products", pipelines_dir=work, dataset_name="public", destination=target)
        how = {"disposition": "merge", "strategy": "upsert"} if args.merge else "replace"
        clock.lap("start")
        info = pipeline.run(
            batches(args.input), table_name=products.FLAT, primary_key="sku", write_disposition=how, loader_file_format="csv"
        )
        info.raise_on_failed_jobs()
        clock.lap("run")
    clock.report()


if __name__ == "__main__":
    main()
