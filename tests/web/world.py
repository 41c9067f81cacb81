"""The test shop behind the ports that the pages read: tables, log, vault, clock."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from cdp.clock import local_day
from cdp.events.event import Event
from cdp.events.touchpoint import Identifier
from tests.web.shop import NOW, TZ, Shop


@dataclass(frozen=True)
class Fresh:
    position: int
    recorded_at: int
    today: date | None


class Tables:
    """The analysts' tables in memory."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._db = duckdb.connect()
        self._db.execute(f"SET TimeZone = '{TZ}'")
        self._db.register("raw", pa.Table.from_pylist([_row(e) for e in shop.events]))
        self._db.register(
            "ids",
            pa.Table.from_pylist(
                [{"surrogate": s, "type": i.type, "scope": i.scope} for s, i in shop.identifiers.items()]
            ),
        )
        for statement in SQL.split(";\n"):
            self._db.execute(statement)

    def arrow(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> pa.Table:
        return self._db.cursor().execute(sql, params or None).to_arrow_table()

    def rows(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        return self.arrow(sql, params).to_pylist()

    def freshness(self) -> Fresh:
        last = self._shop.events[-1]
        return Fresh(last.position, last.recorded_at, local_day(NOW - 86_400_000_000, TZ))


def _row(e: Event) -> dict[str, Any]:
    people = [w.surrogate for w in e.who if w.type != "order"]
    c = e.context
    return {
        "position": e.position,
        "id": e.id,
        "source": e.source,
        "type": e.type,
        "occurred": e.occurred_at,
        "recorded": e.recorded_at,
        "day": local_day(e.occurred_at, TZ),
        "person_id": people[0] if people else None,
        "subject": e.stream,
        **{
            k: c.get(n)
            for k, n in {
                "channel": "channel",
                "live_id": "live",
                "group_id": "group",
                "campaign_id": "campaign",
                "order_id": "order",
                "product_id": "product",
                "staff_id": "staff",
                "store_id": "store",
            }.items()
        },
        "amount_fen": e.data.get("amount_fen"),
        "seconds": e.data.get("total_seconds"),
        "historical": e.historical,
        "data": json.dumps(e.data, ensure_ascii=False),
    }


class Book:
    """A log that is only read."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        return [e for e in self._events[after:] if not types or e.type in types][:limit]

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        wanted = set(streams)
        return [e for e in self._events if e.stream in wanted and (up_to is None or e.position <= up_to)]

    def head(self) -> int:
        return len(self._events)

    def tracking(self, follower: str) -> int:
        return len(self._events)

    def wait(self, after: int, timeout: float) -> bool:
        return after < len(self._events)


class Safe:
    """A vault that is only read."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def find(self, identifier: Identifier) -> int | None:
        wanted = (identifier.type, identifier.scope, identifier.value)
        return next((s for s, i in self._shop.identifiers.items() if (i.type, i.scope, i.value) == wanted), None)

    def open(self, references: Collection[str]) -> dict[str, str]:
        return {r: self._shop.sealed[r] for r in references if r in self._shop.sealed}

    def identifiers(self, surrogates: Collection[int]) -> dict[int, Identifier]:
        return {s: self._shop.identifiers[s] for s in surrogates if s in self._shop.identifiers}


SQL = """
CREATE TABLE touchpoints AS SELECT * EXCLUDE (occurred, recorded), make_timestamptz(occurred) occurred_at, make_timestamptz(recorded) recorded_at FROM raw;
CREATE TABLE identifiers AS SELECT i.surrogate, i.type, i.scope, s.person_id, TIMESTAMPTZ '2026-06-01' first_seen, TIMESTAMPTZ '2026-06-02' last_seen, 'person' owner_kind
 FROM ids i JOIN (SELECT surrogate, max(surrogate) FILTER (type='wecom') OVER (ORDER BY surrogate) person_id FROM ids) s USING (surrogate) WHERE i.type <> 'order';
CREATE TABLE orders AS WITH e AS (SELECT * FROM touchpoints WHERE order_id IS NOT NULL)
 SELECT order_id, any_value(person_id) person_id, min(occurred_at) FILTER (type='order.placed') placed_at, min(occurred_at) FILTER (type='order.paid') paid_at,
 max(amount_fen) FILTER (type='order.placed') amount_fen, coalesce(sum(amount_fen) FILTER (type='order.refunded'),0)::BIGINT refunded_fen,
 CASE WHEN count(*) FILTER (type='order.paid')>0 THEN max(amount_fen) FILTER (type='order.placed') - coalesce(sum(amount_fen) FILTER (type='order.refunded'),0)::BIGINT ELSE 0 END net_fen,
 CASE WHEN count(*) FILTER (type='order.refunded')>0 THEN 'refunded' WHEN count(*) FILTER (type='order.paid')>0 THEN 'paid' ELSE 'placed' END status, true pickup,
 min(occurred_at) FILTER (type='order.ready_for_pickup') ready_at, min(occurred_at) FILTER (type='order.picked_up') picked_up_at, any_value(live_id) live_id, any_value(channel) channel, any_value(store_id) store_id, any_value(campaign_id) campaign_id, 1 items, [any_value(data->>'$.categories[0]') FILTER (type='order.placed')] categories
 FROM e GROUP BY order_id HAVING placed_at IS NOT NULL;
CREATE TABLE tags AS SELECT person_id, data->>'tag' tag, data->>'by' "by", occurred_at valid_from, NULL::TIMESTAMPTZ valid_to FROM touchpoints WHERE type='tag.added';
CREATE TABLE journey_runs AS WITH e AS (SELECT *, data->>'run' run FROM touchpoints WHERE type LIKE 'journey.%' AND type NOT IN ('journey.deployed','journey.paused'))
 SELECT run run_id, any_value(data->>'journey') journey, 1 AS version, any_value(person_id) person_id, min(occurred_at) entered_at, '' AS key, any_value(data->>'trigger_type') trigger_type, arg_max(coalesce(nullif(data->>'next',''), data->>'step'), position) FILTER (type='journey.stepped') step,
 make_timestamptz(arg_max((data->>'wake_at')::BIGINT, position) FILTER (type='journey.stepped')) wake_at, max(occurred_at) FILTER (type='journey.left') left_at, max(data->>'reason') FILTER (type='journey.left') reason, false AS holdout, coalesce(max(data->>'reason') FILTER (type='journey.left')='goal', false) goal FROM e GROUP BY run;
CREATE TABLE actions AS WITH e AS (SELECT *, data->>'action' a FROM touchpoints WHERE type LIKE 'action.%')
 SELECT a action_id, any_value(data->>'run') run_id, any_value(data->>'journey') journey, any_value(data->>'step') step, any_value(data->>'channel') channel, any_value(person_id) person_id, min(occurred_at) requested_at, arg_max(substr(type,8), position) outcome, arg_max(coalesce(data->>'kind',data->>'reason'), position) reason, 1 attempts, max(occurred_at) settled_at FROM e GROUP BY a;
CREATE TABLE persons AS WITH e AS (SELECT * FROM touchpoints WHERE person_id IS NOT NULL),
 o AS (SELECT person_id, count(*) orders, count(paid_at) paid_orders, sum(net_fen)::BIGINT gmv_fen, max(placed_at) last_order_at FROM orders GROUP BY 1),
 t AS (SELECT person_id, list(DISTINCT tag ORDER BY tag) tags FROM tags GROUP BY 1)
 SELECT e.person_id, max(data->>'building') building, min(channel) channel, min(occurred_at) first_seen, max(occurred_at) last_seen, count(*) FILTER (type='friend.added')>0 is_friend, max(data->>'staff') FILTER (type='friend.added') friend_staff,
 CASE WHEN any_value(paid_orders)>=3 THEN 'loyal' WHEN any_value(paid_orders)>0 THEN 'buyer' WHEN count(*) FILTER (type='friend.added')>0 THEN 'friend' ELSE 'visitor' END lifecycle,
 coalesce(any_value(orders),0) orders, coalesce(any_value(paid_orders),0) paid_orders, coalesce(any_value(gmv_fen),0) gmv_fen, any_value(gmv_fen)//nullif(any_value(paid_orders),0) average_spend_fen, any_value(last_order_at) last_order_at,
 count(DISTINCT live_id) FILTER (type='live.entered') lives_watched, 0::BIGINT watch_seconds, count(DISTINCT group_id)::INT AS "groups", coalesce(any_value(tags), []) tags, coalesce(bool_or((data->>'is_staff')::BOOL),false) is_staff, count(*) events
 FROM e LEFT JOIN o USING (person_id) LEFT JOIN t USING (person_id) GROUP BY e.person_id;
CREATE TABLE live_viewers AS WITH e AS (SELECT * FROM touchpoints WHERE live_id IS NOT NULL AND person_id IS NOT NULL)
 SELECT live_id, person_id, min(occurred_at) FILTER (type='live.entered') entered_at, max(occurred_at) FILTER (type='live.left') left_at, datediff('second', min(occurred_at) FILTER (type='live.entered'), max(occurred_at) FILTER (type='live.left')) watch_seconds,
 count(*) FILTER (type='live.liked')>0 liked, false commented, false shared, false clicked, false was_friend, min(occurred_at) FILTER (type='friend.added') became_friend_at, min(occurred_at) FILTER (type='order.paid') paid_order_at, coalesce(sum(amount_fen) FILTER (type='order.paid'),0)::BIGINT gmv_fen, count(*) FILTER (type='live.reserved')>0 reserved FROM e GROUP BY ALL;
CREATE TABLE live_sessions AS SELECT s.live_id, s.title, s.started_at, s.ended_at, count(entered_at) viewers, avg(watch_seconds) average_watch_seconds, count(entered_at)//2 peak_concurrent, count(*) FILTER (liked)*3 likes, 12 AS comments, 4 AS shares, count(*) FILTER (liked)/nullif(count(entered_at),0) interaction_rate, count(became_friend_at)/nullif(count(entered_at),0) lead_rate, count(became_friend_at) leads, count(paid_order_at)/nullif(count(entered_at),0) conversion_rate, count(paid_order_at) buyers, sum(gmv_fen)::BIGINT gmv_fen, count(*) FILTER (reserved) reservations, count(entered_at) FILTER (reserved)/nullif(count(*) FILTER (reserved),0) attendance_rate
 FROM (SELECT live_id, max(data->>'title') title, min(occurred_at) started_at, max(occurred_at) FILTER (type='live.ended') ended_at FROM touchpoints WHERE type IN ('live.started','live.ended') GROUP BY 1) s LEFT JOIN live_viewers USING (live_id) GROUP BY ALL;
CREATE TABLE group_days AS WITH g AS (SELECT group_id, data->>'name' AS name, data->>'building' building FROM touchpoints WHERE type='group.created'),
 m AS (SELECT group_id, count(*)::INT n FROM touchpoints WHERE type='group.joined' GROUP BY 1)
 SELECT group_id, day, any_value(name) AS name, any_value(building) building, count(*) FILTER (type='group.message_sent') messages, count(DISTINCT person_id) active_members, any_value(n) members_start, any_value(n) members_end, count(*) FILTER (type='group.joined') joined, count(*) FILTER (type='group.left') AS "left", count(*) FILTER (type='group.link_clicked') link_clicks, 0 AS check_ins, count(DISTINCT person_id)/any_value(n) interaction_rate, count(*) FILTER (type='group.left')/any_value(n) leave_rate, count(*) FILTER (type='content.posted') posts, count(*) FILTER (type='content.posted' AND data->>'kind'='promotion') promotion_posts
 FROM touchpoints JOIN g USING (group_id) JOIN m USING (group_id) GROUP BY group_id, day;
CREATE TABLE mall_days AS SELECT day, count(DISTINCT person_id) visitors, count(DISTINCT person_id) FILTER (type='cart.added') cart_adders, count(DISTINCT person_id) FILTER (type='order.paid') buyers, count(*) FILTER (type='order.placed') orders, count(*) FILTER (type='order.paid') paid_orders, coalesce(sum(amount_fen) FILTER (type='order.paid'),0)::BIGINT gmv_fen, coalesce(sum(amount_fen) FILTER (type='order.refunded'),0)::BIGINT refunded_fen, count(DISTINCT person_id) FILTER (type='cart.added')/nullif(count(DISTINCT person_id),0) cart_rate, count(DISTINCT person_id) FILTER (type='order.paid')/nullif(count(DISTINCT person_id),0) pay_conversion, 0::BIGINT spend_per_buyer_fen, 0::BIGINT average_order_fen, count(*) FILTER (type='order.picked_up') picked_up, count(*) FILTER (type='order.ready_for_pickup') pickup_due, count(*) FILTER (type='order.picked_up')/nullif(count(*) FILTER (type='order.ready_for_pickup'),0) pickup_rate
 FROM touchpoints WHERE type IN ('mall.visited','product.viewed','cart.added') OR type LIKE 'order.%' GROUP BY day;
"""
