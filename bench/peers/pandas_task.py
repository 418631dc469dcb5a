"""The scheduled task that sluice replaces: asyncio with a semaphore of 20,
pandas to flatten, INT96 Parquet. Written as such tasks are."""

import asyncio
import io
import json

import aiobotocore.session
import pandas as pd

import flights

IN_FLIGHT = 20


def flatten(value, name="", out=None):
    """One record as one row: pricing_options.0.items.0.price.amount and so on."""
    out = {} if out is None else out
    if isinstance(value, dict):
        for key, v in value.items():
            flatten(v, f"{name}.{key}" if name else key, out)
    elif isinstance(value, list):
        for i, v in enumerate(value):
            flatten(v, f"{name}.{i}", out)
    else:
        out[name] = value
    return out


def transform(body, file):
    rows = json.loads(body)
    if not rows:
        return None
    df = pd.DataFrame([flatten(row) for row in rows])
    part = df["id"].str.split("-")
    df["carrier"] = part.str[3]
    offer = "pricing_options.0.items.0"

    out = pd.DataFrame()
    out["id"] = df["id"]
    out["depAirportCode"] = file.dep
    out["depCountryCode"] = file.country
    out["currencyCode"] = file.currency
    out["arrAirportCode"] = "ICN"
    out["carrierName"] = df.apply(lambda row: row[f"_carriers.-{row['carrier']}.name"], axis=1)
    out["depTime"] = pd.to_datetime(part.str[1], format="%y%m%d%H%M")
    out["arrTime"] = pd.to_datetime(part.str[6], format="%y%m%d%H%M")
    out["price"] = df[f"{offer}.price.amount"].round().astype("int64")
    out["url"] = df[f"{offer}.url"]
    out["extractedDate"] = pd.to_datetime(file.current_date)
    out["isExpired"] = False

    buffer = io.BytesIO()
    out.to_parquet(buffer, engine="pyarrow", compression="snappy", index=False, use_deprecated_int96_timestamps=True)
    return buffer.getvalue()


async def main():
    args = flights.arguments()
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with flights.client(aiobotocore.session.get_session(), IN_FLIGHT) as s3:

        async def one(file):
            async with slots:
                answer = await s3.get_object(Bucket=args.raw, Key=file.source)
                body = transform(await answer["Body"].read(), file)
                if body:
                    await s3.put_object(Bucket=args.stage, Key=file.target, Body=body)

        answer = await s3.get_object(Bucket=args.raw, Key="datasets.json")
        await asyncio.gather(*(one(file) for file in flights.files(await answer["Body"].read())))


if __name__ == "__main__":
    asyncio.run(main())
