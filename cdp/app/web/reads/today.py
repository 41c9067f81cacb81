"""What goes out today and whom one could talk to: the ten minutes a day."""

from __future__ import annotations

from typing import Any

from cdp.app.web.reads.reader import Reader

Row = dict[str, Any]


def anything_happened(reader: Reader) -> bool:
    """Whether anything came in at all; the settings and closed days of a new workspace do not count."""
    return bool(reader.rows("SELECT 1 FROM touchpoints WHERE source NOT IN ('workspace', 'outbox') LIMIT 1"))


def waiting(reader: Reader, now: int, until: int) -> Row:
    """Counts: messages a colleague has yet to confirm, runs due until then, failures of the last seven days, parcels."""
    return reader.rows(_WAITING, {"now": now, "until": until})[0]


def worth_talking_to(reader: Reader, now: int, limit: int = 4) -> list[Row]:
    """Persons with the reason to talk to them, the most valuable first: whoever left, then who has gone silent."""
    return reader.rows(_TALK, {"now": now, "limit": limit})


_WAITING = """
SELECT
    (SELECT count(*) FROM actions WHERE outcome = 'accepted') AS to_confirm,
    (SELECT count(*) FROM journey_runs
     WHERE left_at IS NULL AND wake_at >= make_timestamptz($now) AND wake_at < make_timestamptz($until)) AS due,
    (SELECT count(*) FROM actions
     WHERE outcome IN ('failed', 'unknown') AND settled_at >= make_timestamptz($now) - INTERVAL 7 DAY) AS failed,
    (SELECT count(*) FROM orders
     WHERE pickup AND ready_at IS NOT NULL AND ready_at <= make_timestamptz($now) AND picked_up_at IS NULL
       AND ready_at >= make_timestamptz($now) - INTERVAL 7 DAY
       AND status NOT IN ('refunded', 'cancelled')) AS to_pick_up
"""

_TALK = """
WITH gone AS (
    SELECT person_id, max(occurred_at) AS at, arg_max(type, position) AS reason
    FROM touchpoints
    WHERE type IN ('friend.removed', 'group.left') AND occurred_at >= make_timestamptz($now) - INTERVAL 7 DAY
      AND occurred_at <= make_timestamptz($now) AND person_id IS NOT NULL
    GROUP BY person_id
), silent AS (
    SELECT person_id, last_order_at AS at, 'silent' AS reason
    FROM persons
    WHERE paid_orders >= 2 AND last_order_at < make_timestamptz($now) - INTERVAL 14 DAY
)
SELECT t.person_id, t.at, t.reason, p.building, p.gmv_fen, p.paid_orders
FROM (SELECT * FROM gone UNION ALL SELECT * FROM silent WHERE person_id NOT IN (SELECT person_id FROM gone)) t
JOIN persons p USING (person_id)
WHERE NOT p.is_staff
ORDER BY t.reason = 'silent', p.gmv_fen DESC NULLS LAST, t.person_id
LIMIT $limit
"""
