"""Figures of live, groups and mall over some days, each by its one definition (the texts `metric.*.about`).

Persons are distinct over the whole stretch, so a figure of a week is not the sum of its days. Staff is left out.
A ratio with an empty denominator is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdp.app.web.pages.context import Reader
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
    SELECT v.* FROM live_viewers v JOIN rooms USING (live_id) JOIN persons p USING (person_id)
    WHERE v.entered_at IS NOT NULL AND NOT p.is_staff
)
SELECT
    (SELECT count(*) FROM rooms) AS sessions,
    count(DISTINCT person_id) AS live_viewers,
    avg(watch_seconds) AS average_watch,
    count(became_friend_at) FILTER (WHERE NOT was_friend) / nullif(count(*) FILTER (WHERE NOT was_friend), 0) AS lead_rate,
    count(paid_order_at) / nullif(count(*), 0) AS live_conversion,
    CAST(sum(gmv_fen) AS BIGINT) AS live_gmv
FROM seen
"""

_GROUPS = """
WITH days AS (SELECT * FROM group_days WHERE day BETWEEN $since AND $until),
     ends AS (
         SELECT group_id, arg_max(members_end, day) AS members, arg_min(members_start, day) AS members_before
         FROM days GROUP BY group_id
     )
SELECT
    (SELECT CAST(sum(members) AS BIGINT) FROM ends) AS members,
    CAST(sum(messages) AS BIGINT) AS messages,
    sum(interaction_rate * members_start) / nullif(sum(members_start) FILTER (WHERE interaction_rate IS NOT NULL), 0)
        AS interaction_rate,
    sum("left") / nullif((SELECT sum(members_before) FROM ends) + sum(joined), 0) AS leave_rate,
    sum(promotion_posts) / nullif(sum(posts), 0) AS promotion_share
FROM days
"""

_MALL = """
WITH visits AS (
    SELECT t.person_id, t.type FROM touchpoints t JOIN persons p USING (person_id)
    WHERE t.day BETWEEN $since AND $until AND NOT p.is_staff
      AND t.type IN ('mall.visited', 'product.viewed', 'cart.added', 'order.placed', 'order.paid')
), who AS (
    SELECT count(DISTINCT person_id) AS visitors,
           count(DISTINCT person_id) FILTER (WHERE type = 'cart.added') AS cart_adders,
           count(DISTINCT person_id) FILTER (WHERE type = 'order.paid') AS buyers
    FROM visits
), money AS (
    SELECT CAST(sum(gmv_fen - refunded_fen) AS BIGINT) AS gmv, sum(picked_up) AS picked_up, sum(pickup_due) AS due
    FROM mall_days WHERE day BETWEEN $since AND $until
)
SELECT visitors, gmv, cart_adders / nullif(visitors, 0) AS cart_rate, buyers / nullif(visitors, 0) AS pay_conversion,
       CAST(gmv / nullif(buyers, 0) AS BIGINT) AS spend_per_buyer, picked_up / nullif(due, 0) AS pickup_rate
FROM who, money
"""
