"""Turns events, as the log stores them, into rows with the columns of `touchpoints`, in one statement.

`person_id` is left out, since identity fills it in. A value of another kind than its column holds, an amount that is a text for
instance, is nothing rather than an error: `x.` events may say what they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from cdp.events.event import DECISIONS, DELIVERY, PERSON_STREAM
from cdp.events.fields import MOST_FEN
from cdp.identity.index import SPECIAL, STATEMENTS
from cdp.identity.rules import UNLISTED_STRENGTH, IdentityRules
from cdp.ports import StoredRow
from projections.engine import literal

VERSION = 4
"""Goes up when the same event gives other columns; all tables are then built again from the log."""

_SHARE = 20_000
STORED = "stored_events"
"""The relation that `EXTRACTED` reads: what `lent` gives."""


def lent(rows: Sequence[StoredRow]) -> pa.Table:
    """Events as an Arrow table, so that the database reads them where they are."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    kinds = (pa.int64(), pa.string(), pa.string(), pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    table = pa.Table.from_arrays(arrays, names=["position", "stream", "type", "state"])
    # The database's threads share what they read by batches.
    return pa.Table.from_batches(table.to_batches(max_chunksize=_SHARE), table.schema)


# The names of `cdp.codec`. What `d` holds is taken apart by itself, since there a name may stand for any kind of value.
_STATE = """{
    "i": "VARCHAR", "s": "VARCHAR", "o": "BIGINT", "r": "BIGINT", "h": "BOOLEAN", "d": "JSON", "w": [["VARCHAR"]],
    "c": {"channel": "VARCHAR", "live": "VARCHAR", "group": "VARCHAR", "campaign": "VARCHAR", "order": "VARCHAR",
          "product": "VARCHAR", "staff": "VARCHAR", "store": "VARCHAR"}
}"""
_DATA = ("product", "staff", "run", "action", "amount_fen", "fen", "total_seconds", "entered_at")


def _among(types: Iterable[str]) -> str:
    return ", ".join(map(literal, sorted(types)))


def _json(name: str) -> str:
    return f"data[{_DATA.index(name) + 1}]"


def _text(name: str) -> str:
    return f"NULLIF(CASE WHEN STARTS_WITH({_json(name)}, '\"') THEN {_json(name)} ->> '$' END, '')"


def _whole(json: str, least: int = -MOST_FEN, most: int = MOST_FEN) -> str:
    """A whole number that a column and a sum of them can hold."""
    number = f"CASE WHEN REGEXP_FULL_MATCH({json}, '-?[0-9]+') THEN TRY_CAST({json} AS BIGINT) END"
    return f"CASE WHEN {number} BETWEEN {least} AND {most} THEN {number} END"


def _strongest_actor() -> str:
    """The surrogate of the strongest actor, the order where no actor is known; among equals the first mentioned."""
    ranks = " ".join(f"WHEN {literal(kind)} THEN {rank}" for kind, rank in IdentityRules().strength.items())
    strength = f"CASE one[1] {ranks} ELSE {UNLISTED_STRENGTH} END"
    actors = "LIST_FILTER(event.w, LAMBDA one: one[4] = 'actor')"
    ordered = (
        f"{{'order': one[1] = 'order', 'strength': {strength}, 'turn': turn, 'surrogate': CAST(one[3] AS BIGINT)}}"
    )
    return f"LIST_SORT(LIST_TRANSFORM({actors}, LAMBDA one, turn: {ordered}))[1].surrogate"


EXTRACTED = f"""
WITH parsed AS (
    SELECT
        position, stream, type,
        FROM_JSON(state, '{_STATE}') AS event,
        CAST(JSON_EXTRACT(state, [{", ".join(f"'$.d.{name}'" for name in _DATA)}, '$.w']) AS VARCHAR[]) AS data,
        STARTS_WITH(stream, '{PERSON_STREAM}') AS is_personal
    FROM {STORED}
)
SELECT
    position,
    event.i AS id,
    event.s AS source,
    type,
    MAKE_TIMESTAMPTZ(event.o) AS occurred_at,
    MAKE_TIMESTAMPTZ(event.r) AS recorded_at,
    CAST(MAKE_TIMESTAMPTZ(event.o) AS DATE) AS day,
    CASE
        WHEN is_personal THEN CAST(SUBSTRING(stream, {len(PERSON_STREAM) + 1}) AS BIGINT)
        -- A decision belongs to whom its run is filed under: what else it names is how to reach them, and may turn out to be
        -- somebody else's.
        WHEN event.s = '{DECISIONS}' THEN CAST(event.w[1][3] AS BIGINT)
        ELSE {_strongest_actor()}
    END AS subject,
    NULLIF(event.c.channel, '') AS channel,
    NULLIF(event.c.live, '') AS live_id,
    NULLIF(event.c."group", '') AS group_id,
    NULLIF(event.c.campaign, '') AS campaign_id,
    NULLIF(event.c."order", '') AS order_id,
    COALESCE(NULLIF(event.c.product, ''), {_text("product")}) AS product_id,
    COALESCE(NULLIF(event.c.staff, ''), {_text("staff")}) AS staff_id,
    NULLIF(event.c.store, '') AS store_id,
    {_text("run")} AS run_id,
    {_text("action")} AS action_id,
    {_whole(f"COALESCE({_json('amount_fen')}, {_json('fen')})")} AS amount_fen,
    CASE type
        WHEN 'live.watched' THEN {_whole(_json("total_seconds"))}
        WHEN 'live.left' THEN CAST(FLOOR(GREATEST(event.o - {_whole(_json("entered_at"), 0, 2**62)}, 0 * {_whole(_json("entered_at"), 0, 2**62)}) / 1000000) AS BIGINT)
    END AS seconds,
    COALESCE(event.h, FALSE) AS historical,
    COALESCE(CAST(event.d AS VARCHAR), '{{}}') AS data,
    event.w AS who,
    data[{len(_DATA) + 1}] AS named,
    event.s IN ('{DECISIONS}', '{DELIVERY}') AS is_own,
    type IN ({_among(STATEMENTS)}) AS is_statement,
    event.s NOT IN ('{DECISIONS}', '{DELIVERY}') AND type NOT IN ({_among(SPECIAL)}) AS tells_together
FROM parsed
"""
"""Every event of `STORED` as a row of `touchpoints`, and beside it `who` it mentions (type, scope, surrogate, role), the same as
JSON in `named`; whether it `is_own`, since decisions and deliveries repeat identifiers as they were known, which is no sighting and
tells nothing; whether it `is_statement`, which speaks of identifiers that do nothing; and whether those who act in it are one person."""


def happened(until: int | None) -> str:
    """The condition that an event happened at a moment or before; true of all without one."""
    return "TRUE" if until is None else f"occurred_at <= MAKE_TIMESTAMPTZ({until})"


BESIDE = "who, named, is_own, is_statement, tells_together"
"""The columns of it that are none of `touchpoints`."""
