"""What customers are worth: RFM, cohorts, channels, what sells together, and who is due by their own rhythm."""

from __future__ import annotations

from typing import Any

from cdp.app.web.reads.reader import Reader
from projections.metrics import measure, metric
from projections.periods import Period

Row = dict[str, Any]

SEGMENTS = tuple(
    f"{weight}_{task}" for weight in ("important", "general") for task in ("value", "develop", "keep", "win_back")
)
"""The eight of RFM, the more valuable half first."""


OF_ALL = ("ltv", "first_year_ltv", "repurchase_rate")
"""The metrics of all customers together."""
OF_A_CHANNEL = ("ltv_cac", "cac", "ltv", "new_customers", "cost")
"""The metrics that are shown channel by channel."""


def basis(reader: Reader) -> Row:
    """As of which day figures stand that are computed when a day is over, and the gross margin that LTV goes by, if any."""
    return reader.rows("SELECT (SELECT MAX(day) FROM closed_days) AS day, gross_margin FROM settings")[0]


def segments(reader: Reader) -> dict[str, Row]:
    """Persons and money of each segment; those without anybody have 0."""
    rows = reader.rows(
        "SELECT segment, count(*) AS persons, CAST(sum(monetary_fen) AS BIGINT) AS monetary_fen FROM rfm GROUP BY segment"
    )
    known = {row["segment"]: row for row in rows}
    return {name: known.get(name, {"segment": name, "persons": 0, "monetary_fen": 0}) for name in SEGMENTS}


def cohorts(reader: Reader, channel: str | None, newest: int = 12) -> list[Row]:
    """The youngest cohorts of a channel, or of all customers together, at each age of their first year."""
    return reader.rows(_COHORTS, {"channel": channel, "newest": newest})


def cohort_channels(reader: Reader, limit: int = 8) -> list[str]:
    """The channels that brought the most customers."""
    rows = reader.rows(
        "SELECT channel, sum(customers) AS n FROM cohorts WHERE age = 0 AND channel <> '' GROUP BY channel "
        "ORDER BY n DESC, channel LIMIT $limit",
        {"limit": limit},
    )
    return [row["channel"] for row in rows]


def channels(reader: Reader, period: Period) -> list[Row]:
    """A row a channel: its figures over the period, whoever brought the most customers first."""
    rows: dict[str, Row] = {}
    for name in OF_A_CHANNEL:
        for row in measure(reader, metric(name), period, by=["channel"]).rows:
            if row.slice:
                rows.setdefault(row.slice, {"channel": row.slice})[name] = row.now.value
    nothing = {name: metric(name).empty for name in OF_A_CHANNEL}
    found = [{**nothing, **row} for row in rows.values()]
    return sorted(found, key=lambda row: (-row["new_customers"], -(row["cost"] or 0), row["channel"]))


def pairs(reader: Reader, limit: int) -> list[Row]:
    """The strongest recommendations; of a pair the direction that holds for more of the buyers."""
    return reader.rows(_PAIRS, {"limit": limit})


def due(reader: Reader, now: int, limit: int) -> list[Row]:
    """Persons whose next order is to be expected from two weeks ago until in three days, the most valuable first."""
    return reader.rows(_DUE, {"now": now, "limit": limit})


_COHORTS = """
WITH mine AS (
    SELECT * FROM cohorts WHERE channel IS NOT DISTINCT FROM $channel AND age < 12
), months AS (
    SELECT DISTINCT cohort_month FROM mine ORDER BY cohort_month DESC LIMIT $newest
)
SELECT mine.* FROM mine JOIN months USING (cohort_month) ORDER BY cohort_month DESC, age
"""

_PAIRS = """
WITH ordered AS (
    SELECT *, row_number() OVER (
        PARTITION BY least(product_id, recommended_id), greatest(product_id, recommended_id)
        ORDER BY confidence DESC, product_id
    ) AS better
    FROM recommendations
)
SELECT * FROM ordered WHERE better = 1 ORDER BY lift DESC, both_buyers DESC, product_id, recommended_id LIMIT $limit
"""

_DUE = """
SELECT person_id, building, lifecycle, paid_orders, gmv_fen, rhythm_days, expected_next_order_at, last_order_at
FROM persons
WHERE NOT is_staff
    AND expected_next_order_at >= make_timestamptz($now) - INTERVAL 14 DAY
    AND expected_next_order_at <= make_timestamptz($now) + INTERVAL 3 DAY
ORDER BY gmv_fen DESC, person_id LIMIT $limit
"""
