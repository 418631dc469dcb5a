"""Sling into one flat table of PostgreSQL: every column as it guesses it, no keys to
other tables, no tags. With --merge by sku into the table there is, every row written."""

import importlib.util
import os
import subprocess
import sys
import tempfile

import products


def program():
    """The program that the package sling-linux-amd64 holds, or the one on the PATH."""
    package = importlib.util.find_spec("sling_linux_amd64")
    return os.path.join(package.submodule_search_locations[0], "bin", "sling-linux-amd64") if package else "sling"


def main():
    args = products.arguments(__doc__, merge="update the rows that are there, and insert the others")
    mode = ["--mode", "incremental", "--primary-key", "sku"] if args.merge else ["--mode", "full-refresh"]
    source = "file://" + os.path.abspath(args.input)
    with tempfile.TemporaryDirectory() as home:
        clock = products.Clock()
        done = subprocess.run(
            [program(), "run", "--src-stream", source, "--tgt-conn", args.database, "--tgt-object", "public." + products.FLAT, *mode],
            env=os.environ | {"SLING_DISABLE_TELEMETRY": "true", "SLING_HOME_DIR": home},
            stdout=sys.stderr,
        )
        clock.lap("run")
    if done.returncode != 0:
        raise SystemExit(f"sling ended with status {done.returncode}")
    clock.report()


if __name__ == "__main__":
    main()
