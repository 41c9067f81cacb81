"""What to recommend to one person: what buyers of the things they bought also buy, and they have not bought yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Rows(Protocol):
    """Answers a query over the tables."""

    def rows(self, sql: str, params: Mapping[str, object] = ...) -> list[dict[str, Any]]: ...


def recommended(reader: Rows, person: int, limit: int = 5) -> list[dict[str, Any]]:
    """Products with the one of theirs that speaks for each most, the strongest lift first; as of the last closed day."""
    return reader.rows(_SQL, {"person": person, "limit": limit})


_SQL = """
WITH mine AS (
    SELECT DISTINCT product_id FROM order_products WHERE person_id = $person AND bought
), offers AS (
    SELECT r.*, row_number() OVER (PARTITION BY r.recommended_id ORDER BY r.lift DESC, r.product_id) AS strongest
    FROM recommendations r JOIN mine USING (product_id)
    WHERE r.recommended_id NOT IN (SELECT product_id FROM mine)
)
SELECT recommended_id AS product_id, coalesce(recommended_title, recommended_id) AS title,
       product_id AS because_id, coalesce(title, product_id) AS because, confidence, lift
FROM offers WHERE strongest = 1 ORDER BY lift DESC, recommended_id LIMIT $limit
"""
