"""The rows of answers with figures, typed: what a line of CSV or of Parquet is."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa

from cdp.app.web.api.rows import Document


def metric(document: Document) -> pa.Table:
    """A row is a figure."""
    whole = pa.int64() if document["unit"] in ("persons", "count", "fen") else pa.float64()
    dimensions = [(name, pa.string()) for name in document["by"] if name in document["dimensions"]]
    columns = [
        ("metric", pa.string()),
        ("unit", pa.string()),
        ("since", pa.date32()),
        ("until", pa.date32()),
        *dimensions,
    ]
    columns += [("value", whole), ("numerator", pa.int64()), ("denominator", pa.int64())]
    columns += [("value_before", whole), ("change", whole), ("change_share", pa.float64()), ("open", pa.bool_())]
    rows = [
        {
            "metric": document["metric"],
            "unit": document["unit"],
            **row,
            "since": date.fromisoformat(row["since"]),
            "until": date.fromisoformat(row["until"]),
        }
        for row in document["rows"]
    ]
    return pa.Table.from_pylist(rows, pa.schema(columns))


def funnel(document: Document) -> pa.Table:
    """A row is a step; of everybody first, then of each value of the breakdown."""
    columns = [
        ("everybody", pa.bool_()), ("value", pa.string()), ("step", pa.int32()), ("name", pa.string()),
        ("label", pa.string()), ("persons", pa.int64()), ("dropped", pa.int64()), ("from_start", pa.float64()),
        ("from_previous", pa.float64()), ("median_us", pa.int64()),
    ]  # fmt: skip
    rows = [
        {"everybody": group is document, "value": group["value"], "median_us": step["median"], **step}
        for group in (document, *document["groups"])
        for step in group["steps"]
    ]
    return pa.Table.from_pylist(rows, pa.schema(columns))


def retention(document: Document) -> pa.Table:
    """A row is a cohort and how many periods after; 0 is the cohort itself."""
    columns = [
        ("cohort", pa.date32()), ("size", pa.int64()), ("after", pa.int32()), ("persons", pa.int64()),
        ("share", pa.float64()), ("open", pa.bool_()),
    ]  # fmt: skip
    rows = [
        {"cohort": date.fromisoformat(cohort["start"]), "size": cohort["size"], "after": after, **cell}
        for cohort in document["cohorts"]
        for after, cell in enumerate(cohort["cells"])
    ]
    return pa.Table.from_pylist(rows, pa.schema(columns))


def persons(document: Document) -> pa.Table:
    """A row is a person."""
    return pa.table({"person_id": pa.array(document["persons"], pa.int64())})


def segment(document: Document) -> pa.Table:
    """A row is a person; the column `name` is there for who may see it."""
    time = pa.timestamp("us", tz="UTC")
    named = [("name", pa.string())] if any("name" in person for person in document["persons"]) else []
    columns = [
        ("person_id", pa.int64()), *named, ("since", time), ("by", pa.string()), ("building", pa.string()),
        ("channel", pa.string()), ("lifecycle", pa.string()), ("is_friend", pa.bool_()), ("paid_orders", pa.int64()),
        ("gmv_fen", pa.int64()), ("last_seen", time),
    ]  # fmt: skip
    rows = [
        {**person, **{at: person[at] and datetime.fromisoformat(person[at]) for at in ("since", "last_seen")}}
        for person in document["persons"]
    ]
    return pa.Table.from_pylist(rows, pa.schema(columns))
