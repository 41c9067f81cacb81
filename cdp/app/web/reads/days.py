"""Groups and mall day by day; a day on which nothing happened is a row too, so that a curve has no gaps."""

from __future__ import annotations

from typing import Any

from cdp.app.web.reads.reader import Reader
from cdp.app.web.reads.span import Span

Row = dict[str, Any]


def mall(reader: Reader, span: Span) -> list[Row]:
    """One row a day."""
    return reader.rows(_MALL, span.days())


def groups(reader: Reader, span: Span) -> list[Row]:
    """One row a day, all groups together."""
    return reader.rows(_GROUPS, span.days())


def each_group(reader: Reader, span: Span) -> list[Row]:
    """One row a group over the whole span, the largest first."""
    return reader.rows(_EACH_GROUP, span.days())


_CALENDAR = "calendar AS (SELECT CAST(unnest(generate_series(CAST($since AS DATE), CAST($until AS DATE), INTERVAL 1 DAY)) AS DATE) AS day)"

_MALL = f"""
WITH {_CALENDAR}
SELECT c.day, coalesce(visitors, 0) AS visitors, coalesce(buyers, 0) AS buyers, coalesce(paid_orders, 0) AS paid_orders,
       coalesce(gmv_fen, 0) AS gmv_fen, coalesce(refunded_fen, 0) AS refunded_fen, cart_rate, pay_conversion,
       spend_per_buyer_fen, pickup_rate
FROM calendar c LEFT JOIN mall_days USING (day) ORDER BY c.day
"""

_GROUPS = f"""
WITH {_CALENDAR}
SELECT c.day,
       CAST(coalesce(sum(messages), 0) AS BIGINT) AS messages,
       CAST(coalesce(sum(active_members), 0) AS BIGINT) AS active_members,
       CAST(coalesce(sum(joined), 0) AS BIGINT) AS joined,
       CAST(coalesce(sum("left"), 0) AS BIGINT) AS gone,
       sum(interaction_rate * members_start) / nullif(sum(members_start), 0) AS interaction_rate
FROM calendar c LEFT JOIN group_days USING (day) GROUP BY c.day ORDER BY c.day
"""

_EACH_GROUP = """
WITH days AS (SELECT * FROM group_days WHERE day BETWEEN $since AND $until),
     latest AS (
         SELECT group_id, arg_max(name, day) AS name, arg_max(building, day) AS building, arg_max(members_end, day) AS members
         FROM group_days WHERE day <= $until GROUP BY group_id
     )
SELECT l.group_id, l.name, l.building, l.members,
       CAST(coalesce(sum(messages), 0) AS BIGINT) AS messages,
       sum(interaction_rate * members_start) / nullif(sum(members_start), 0) AS interaction_rate,
       CAST(coalesce(sum(joined), 0) AS BIGINT) AS joined,
       CAST(coalesce(sum("left"), 0) AS BIGINT) AS gone,
       sum("left") / nullif(arg_min(members_start, day) + sum(joined), 0) AS leave_rate,
       sum(promotion_posts) / nullif(sum(posts), 0) AS promotion_share
FROM latest l LEFT JOIN days d USING (group_id)
GROUP BY l.group_id, l.name, l.building, l.members
ORDER BY l.members DESC NULLS LAST, l.name, l.group_id
"""
