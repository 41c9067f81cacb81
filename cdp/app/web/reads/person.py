"""One person: the row, groups, orders, tags with their reason, identifiers, and everything that happened."""

from __future__ import annotations

from typing import Any

from cdp.app.web.reads.people import LARGEST
from cdp.app.web.reads.reader import Reader

Row = dict[str, Any]

KINDS: dict[str, str] = {
    "all": "(e.type NOT IN ('journey.stepped', 'action.requested', 'action.attempted') AND a.channel IS DISTINCT FROM 'wecom.tag')",
    "live": "e.type LIKE 'live.%'",
    "groups": "e.type LIKE 'group.%'",
    "mall": "(e.type LIKE 'order.%' OR e.type LIKE 'mall.%' OR e.type LIKE 'product.%' OR e.type LIKE 'cart.%' OR e.type LIKE 'coupon.%')",
    "wecom": "(e.type LIKE 'friend.%' OR e.type LIKE 'tag.%' OR e.type LIKE 'consent.%' OR e.type LIKE 'person.%')",
    "journeys": "(e.type LIKE 'journey.%' OR e.type LIKE 'action.%')",
}
"""What a timeline can be narrowed to; `all` leaves out the small steps between a decision and its outcome,
and deliveries of tags, since the tag itself is there."""


def row(reader: Reader, person: int) -> Row | None:
    """The person's row of `persons`; None for a number that is nobody, or larger than numbers get."""
    return None if person > LARGEST else _first(reader, "SELECT * FROM persons WHERE person_id = $person", person)


def groups(reader: Reader, person: int) -> list[Row]:
    """Memberships, those that last first."""
    return reader.rows(
        """SELECT m.group_id, g.name, m.joined_at, m.left_at, m.scene
           FROM group_members m LEFT JOIN groups g USING (group_id) WHERE m.person_id = $person
           ORDER BY m.left_at IS NOT NULL, m.joined_at DESC NULLS LAST, m.group_id""",
        {"person": person},
    )


def orders(reader: Reader, person: int, limit: int) -> list[Row]:
    """The latest orders with what was in them."""
    return reader.rows(
        """SELECT o.order_id, o.placed_at, o.paid_at, o.amount_fen, o.refunded_fen, o.status, o.pickup, o.picked_up_at,
                  (SELECT string_agg(coalesce(nullif(i.title, ''), i.product_id), '、' ORDER BY i.product_id)
                   FROM order_items i WHERE i.order_id = o.order_id) AS what
           FROM orders o WHERE o.person_id = $person
           ORDER BY coalesce(o.placed_at, o.paid_at) DESC NULLS LAST, o.order_id LIMIT $limit""",
        {"person": person, "limit": limit},
    )


def tags(reader: Reader, person: int) -> list[Row]:
    """Tags that last, with who gave them and, where a journey did, which."""
    return reader.rows(
        """SELECT t.tag, t.by, t.valid_from, any_value(r.journey) AS journey
           FROM tags t
           LEFT JOIN touchpoints e ON e.person_id = t.person_id AND e.type = 'tag.added'
                AND e.occurred_at = t.valid_from AND e.data ->> '$.tag' = t.tag
           LEFT JOIN journey_runs r ON r.run_id = e.run_id
           WHERE t.person_id = $person AND t.valid_to IS NULL
           GROUP BY t.tag, t.by, t.valid_from ORDER BY t.valid_from DESC, t.tag""",
        {"person": person},
    )


def identifiers(reader: Reader, person: int) -> list[Row]:
    """Surrogates of the person, orders left out."""
    return reader.rows(
        """SELECT surrogate, type, scope, first_seen, last_seen FROM identifiers
           WHERE person_id = $person AND owner_kind = 'person' ORDER BY surrogate""",
        {"person": person},
    )


def journeys(reader: Reader, person: int) -> list[Row]:
    """Runs of the person, the latest first."""
    return reader.rows(
        "SELECT * FROM journey_runs WHERE person_id = $person ORDER BY entered_at DESC, run_id", {"person": person}
    )


def timeline(reader: Reader, person: int, kind: str, limit: int, offset: int) -> list[Row]:
    """What happened, the latest first, with the titles of lives and groups; one row more than `limit` if there is more."""
    return reader.rows(
        f"""SELECT e.position, e.type, e.occurred_at, e.source, e.live_id, e.group_id, e.order_id, e.product_id, e.channel,
                   e.run_id, e.action_id, e.amount_fen, e.seconds, e.historical, e.data, s.title AS live_title,
                   g.name AS group_name, r.journey, a.channel AS via
            FROM touchpoints e
            LEFT JOIN live_sessions s ON s.live_id = e.live_id
            LEFT JOIN groups g ON g.group_id = e.group_id
            LEFT JOIN journey_runs r ON r.run_id = e.run_id
            LEFT JOIN actions a ON a.action_id = e.action_id
            WHERE e.person_id = $person AND {KINDS[kind]}
            ORDER BY e.occurred_at DESC, e.position DESC LIMIT $limit OFFSET $offset""",
        {"person": person, "limit": limit + 1, "offset": offset},
    )


def _first(reader: Reader, sql: str, person: int) -> Row | None:
    return next(iter(reader.rows(sql, {"person": person})), None)
