"""What customers are worth: RFM, cohorts, channels, what sells together, and who is due by their own rhythm."""

from __future__ import annotations

from typing import Any

from cdp.app.web.reads.reader import Reader

Row = dict[str, Any]

SEGMENTS = tuple(
    f"{weight}_{task}" for weight in ("important", "general") for task in ("value", "develop", "keep", "win_back")
)
"""The eight of RFM, the more valuable half first."""


def summary(reader: Reader) -> Row:
    """Customers, their LTV and repurchase share as of the last closed day; nothing before one is closed."""
    return reader.rows(_SUMMARY)[0]


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


def channels(reader: Reader) -> list[Row]:
    """Each channel over the last twelve months of which something is known; CAC over those of them that have a cost."""
    return reader.rows(_CHANNELS)


def pairs(reader: Reader, limit: int) -> list[Row]:
    """The strongest recommendations; of a pair the direction that holds for more of the buyers."""
    return reader.rows(_PAIRS, {"limit": limit})


def due(reader: Reader, now: int, limit: int) -> list[Row]:
    """Persons whose next order is to be expected from two weeks ago until in three days, the most valuable first."""
    return reader.rows(_DUE, {"now": now, "limit": limit})


_SUMMARY = """
WITH latest AS (
    SELECT cohort_month, max(age) AS age FROM cohorts WHERE channel IS NULL AND state <> 'projected' GROUP BY cohort_month
), whole AS (
    SELECT c.* FROM cohorts c JOIN latest USING (cohort_month, age) WHERE c.channel IS NULL
)
SELECT
    (SELECT max(day) FROM closed_days) AS day,
    CAST(sum(customers) AS BIGINT) AS customers,
    sum(ltv_fen * customers) / nullif(sum(customers), 0) AS ltv_fen,
    sum(repurchased) / nullif(sum(customers), 0) AS repurchase_share,
    (SELECT gross_margin FROM settings) AS gross_margin
FROM whole
"""

_COHORTS = """
WITH mine AS (
    SELECT * FROM cohorts WHERE channel IS NOT DISTINCT FROM $channel AND age < 12
), months AS (
    SELECT DISTINCT cohort_month FROM mine ORDER BY cohort_month DESC LIMIT $newest
)
SELECT mine.* FROM mine JOIN months USING (cohort_month) ORDER BY cohort_month DESC, age
"""

_CHANNELS = """
WITH recent AS (
    SELECT * FROM channels WHERE month > (SELECT max(month) FROM channels WHERE new_persons > 0) - INTERVAL 12 MONTH
), summed AS (
    SELECT channel, CAST(sum(cost_fen) AS BIGINT) AS cost_fen, CAST(sum(new_persons) AS BIGINT) AS new_persons,
           CAST(sum(new_customers) AS BIGINT) AS new_customers,
           sum(cost_fen) / nullif(sum(new_customers) FILTER (WHERE cost_fen IS NOT NULL), 0) AS cac_fen,
           sum(ltv_fen * new_customers) / nullif(sum(new_customers), 0) AS ltv_fen
    FROM recent GROUP BY channel
)
SELECT *, ltv_fen / nullif(cac_fen, 0) AS ltv_cac FROM summed ORDER BY new_customers DESC, cost_fen DESC NULLS LAST, channel
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
