"""DuckDB over S3: one COPY a file, 64 cursors of one database at once.

The settings are the fastest of those tried: whole files in one request, kept
connections, no second look at what was read.
"""

import glob
import os
import queue
import threading
import urllib.request

import duckdb
import duckdb_extension_httpfs

import duck_sql
import flights

CURSORS = 64


def connect():
    folder = os.path.dirname(duckdb_extension_httpfs.__file__)
    (extension,) = glob.glob(f"{folder}/extensions/*/httpfs.duckdb_extension")
    db = duckdb.connect()
    db.execute(f"LOAD '{extension}'")
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
    for setting in [
        f"s3_endpoint='{endpoint}'",
        "s3_use_ssl=false",
        "s3_url_style='path'",
        "s3_region='us-east-1'",
        f"s3_access_key_id='{os.environ['AWS_ACCESS_KEY_ID']}'",
        f"s3_secret_access_key='{os.environ['AWS_SECRET_ACCESS_KEY']}'",
        *os.environ.get("DUCK_SETTINGS", "force_download=true;httpfs_connection_caching=true;enable_external_file_cache=false").split(";"),
    ]:
        db.execute(f"SET GLOBAL {setting}")
    return db


def main():
    args = flights.arguments()
    url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/{args.raw}/datasets.json"
    with urllib.request.urlopen(url) as answer:
        todo = queue.SimpleQueue()
        for file in flights.files(answer.read()):
            todo.put(file)
    db = connect()

    def work(cursor):
        while True:
            try:
                file = todo.get_nowait()
            except queue.Empty:
                return
            cursor.execute(duck_sql.copy(file, f"s3://{args.raw}", f"s3://{args.stage}"))

    threads = [threading.Thread(target=work, args=(db.cursor(),)) for _ in range(CURSORS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


if __name__ == "__main__":
    main()
