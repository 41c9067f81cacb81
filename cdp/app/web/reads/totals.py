"""Figures of live, groups and mall over some days, each by its one definition (the texts `metric.*.about`).

Persons are distinct over the whole stretch, so a figure of a week is not the sum of its days. Staff is left out.
A ratio with an empty denominator is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdp.app.web.reads.reader import Reader
from cdp.app.web.reads.span import Span

Row = dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """A figure: its name in the texts and in the row, how it is written, and whether less of it is better."""

    name: str
    kind: str
    less_is_better: bool = False


LIVE = (
    Metric("live_viewers", "count"),
    Metric("average_watch", "seconds"),
    Metric("lead_rate", "percent"),
    Metric("live_conversion", "percent"),
    Metric("live_gmv", "money"),
)
GROUPS = (
    Metric("members", "count"),
    Metric("messages", "count"),
    Metric("interaction_rate", "percent"),
    Metric("leave_rate", "percent", less_is_better=True),
    Metric("promotion_share", "percent", less_is_better=True),
)
MALL = (
    Metric("visitors", "count"),
    Metric("gmv", "money"),
    Metric("pay_conversion", "percent"),
    Metric("spend_per_buyer", "money"),
    Metric("pickup_rate", "percent"),
)


def live(reader: Reader, span: Span) -> Row:
    """Over the lives that started on these days."""
    return reader.rows(_LIVE, span.moments())[0]


def groups(reader: Reader, span: Span) -> Row:
    """Over all groups."""
    return reader.rows(_GROUPS, span.days())[0]


def mall(reader: Reader, span: Span) -> Row:
    """Over the whole mall."""
    return reader.rows(_MALL, span.days())[0]


AREAS: dict[str, tuple[tuple[Metric, ...], Callable[[Reader, Span], Row]]] = {
    "live": (LIVE, live),
    "groups": (GROUPS, groups),
    "mall": (MALL, mall),
}

_LIVE = """
WITH rooms AS (
    SELECT live_id FROM live_sessions
    WHERE started_at >= make_timestamptz($start) AND started_at < make_timestamptz($end)
), seen AS (
    SELECT v.* FROM live_viewers v JOIN rooms USING (live_id) WHERE v.entered_at IS NOT NULL
)
SELECT
    count(DISTINCT person_id) AS live_viewers,
    avg(watch_seconds) AS average_watch,
    count(became_friend_at) FILTER (WHERE NOT was_friend) / nullif(count(*) FILTER (WHERE NOT was_friend), 0) AS lead_rate,
    count(paid_order_at) / nullif(count(*), 0) AS live_conversion,
    CAST(sum(gmv_fen) AS BIGINT) AS live_gmv
FROM seen
"""

_GROUPS = """
WITH days AS (SELECT * FROM group_days WHERE day BETWEEN $since AND $until),
     ends AS (SELECT group_id, arg_max(members_end, day) AS members FROM group_days WHERE day <= $until GROUP BY group_id),
     begins AS (SELECT group_id, arg_min(members_start, day) AS members FROM days GROUP BY group_id)
SELECT
    (SELECT CAST(sum(members) AS BIGINT) FROM ends) AS members,
    CAST(sum(messages) AS BIGINT) AS messages,
    sum(interaction_rate * members_start) / nullif(sum(members_start), 0) AS interaction_rate,
    sum("left") / nullif((SELECT sum(members) FROM begins) + sum(joined), 0) AS leave_rate,
    sum(promotion_posts) / nullif(sum(posts), 0) AS promotion_share
FROM days
"""

_MALL = """
WITH visits AS (
    SELECT person_id, sum(views) AS views, sum(carts) AS carts
    FROM mall_visitors WHERE day BETWEEN $since AND $until AND person_id NOT IN (SELECT person_id FROM staff)
    GROUP BY person_id
), paid AS (
    SELECT person_id, sum(net_fen) AS net_fen FROM orders
    WHERE paid_day BETWEEN $since AND $until
      AND (person_id IS NULL OR person_id NOT IN (SELECT person_id FROM staff))
    GROUP BY person_id
), due AS (
    SELECT sum(picked_up) AS picked_up, sum(pickup_due) AS due FROM mall_days WHERE day BETWEEN $since AND $until
), figures AS (
    SELECT
        (SELECT count(*) FROM visits WHERE views > 0) AS visitors,
        (SELECT count(*) FROM visits WHERE views > 0 AND carts > 0) AS cart_adders,
        (SELECT count(*) FROM visits JOIN paid USING (person_id) WHERE views > 0) AS paying_visitors,
        (SELECT count(person_id) FROM paid) AS buyers,
        (SELECT sum(net_fen) FROM paid) AS gmv
)
SELECT
    visitors,
    CAST(gmv AS BIGINT) AS gmv,
    cart_adders / nullif(visitors, 0) AS cart_rate,
    paying_visitors / nullif(visitors, 0) AS pay_conversion,
    gmv / nullif(buyers, 0) AS spend_per_buyer,
    picked_up / nullif(due, 0) AS pickup_rate
FROM figures, due
"""
