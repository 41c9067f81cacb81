"""Persons in lists: by search, by activity, or a list of ids that somebody else worked out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cdp.app.web.reads.reader import Reader

Row = dict[str, Any]

LARGEST = 2**63 - 1
"""Of the numbers that a person or surrogate can have."""

ORDERS = {
    "recent": "last_seen DESC NULLS LAST, person_id",
    "value": "gmv_fen DESC NULLS LAST, person_id",
    "new": "first_seen DESC NULLS LAST, person_id",
}


def page(reader: Reader, order: str, tag: str, segment: str, limit: int, offset: int) -> list[Row]:
    """Everybody but staff, or those with a tag, in a segment of RFM."""
    sql = f"SELECT {_COLUMNS} FROM persons WHERE NOT is_staff {_CHOSEN} ORDER BY {ORDERS[order]} LIMIT $limit OFFSET $offset"
    return reader.rows(sql, {"tag": tag, "segment": segment, "limit": limit, "offset": offset})


def total(reader: Reader, tag: str, segment: str) -> int:
    """How many `page` could list."""
    sql = f"SELECT count(*) AS n FROM persons WHERE NOT is_staff {_CHOSEN}"
    return int(reader.rows(sql, {"tag": tag, "segment": segment})[0]["n"])


def listed(reader: Reader, persons: Collection[int], order: str, limit: int | None, offset: int = 0) -> list[Row]:
    """Those of `persons` that exist and are not staff."""
    sql = f"""SELECT {_COLUMNS} FROM persons JOIN (SELECT unnest($ids) AS person_id) USING (person_id)
              WHERE NOT is_staff ORDER BY {ORDERS[order]} LIMIT $limit OFFSET $offset"""
    return reader.rows(sql, {"ids": sorted(persons), "limit": limit, "offset": offset})


def tags(reader: Reader, limit: int = 20) -> list[Row]:
    """The tags in use today, the most frequent first."""
    return reader.rows(
        "SELECT tag, count(DISTINCT person_id) AS persons FROM tags WHERE valid_to IS NULL"
        " GROUP BY tag ORDER BY persons DESC, tag LIMIT $limit",
        {"limit": limit},
    )


def scopes(reader: Reader) -> list[tuple[str, str]]:
    """The (type, scope) pairs that occur, so that a bare value can be looked up in the vault."""
    return [(r["type"], r["scope"]) for r in reader.rows("SELECT DISTINCT type, scope FROM identifiers ORDER BY ALL")]


def owner(reader: Reader, surrogate: int) -> int | None:
    """The person that an identifier (an order's too) belongs to today."""
    if surrogate > LARGEST:
        return None
    rows = reader.rows("SELECT person_id FROM identifiers WHERE surrogate = $surrogate", {"surrogate": surrogate})
    return rows[0]["person_id"] if rows else None


_COLUMNS = "person_id, building, channel, lifecycle, is_friend, paid_orders, gmv_fen, last_seen, last_order_at, tags"
_CHOSEN = (
    "AND ($tag = '' OR person_id IN (SELECT person_id FROM tags WHERE tag = $tag AND valid_to IS NULL)) "
    "AND ($segment = '' OR rfm_segment = $segment)"
)
