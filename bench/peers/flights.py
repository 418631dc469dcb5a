"""What the peers share: the list of files, and the store as they reach it."""

import argparse
import json
import os


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--raw", default="raw", help="bucket (or folder) that is read")
    p.add_argument("--stage", default="stage", help="bucket (or folder) that is written")
    return p.parse_args()


def client(session, connections):
    """An S3 client of aiobotocore, endpoint and keys from the environment."""
    from botocore.config import Config

    config = Config(
        max_pool_connections=connections,
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
    return session.create_client("s3", endpoint_url=endpoint, config=config)


class File:
    """One entry of datasets.json: where it is, where it goes, its columns."""

    def __init__(self, entry, current_date):
        self.dep, self.country, self.currency, date, _ = entry
        stem = f"source/flight/{self.dep}_to_ICN_{date}_updated_{current_date}"
        self.source, self.target = stem + ".json", stem + ".parquet"
        self.current_date = current_date


def files(datasets):
    d = json.loads(datasets)
    return [File(entry, d["current_date"]) for entry in d["dataset_list"]]
