"""Fills the base tables of an empty file from a long stretch of the log at once.

What a batch finds out event by event is found out here for everything together: rows go in without their person, it is
collected what was mentioned beside what, and at the end every row gets the person it belongs to by then.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from cdp.identity.graph import Fact
from cdp.identity.index import IdentityIndex
from projections.engine import Engine
from projections.extract import BESIDE, EXTRACTED, STORED, happened
from projections.remembered import persons, remember, restore
from projections.stretch import Stretch

_FEW_MENTIONS = 2_000_000
_TABLES = (
    """CREATE OR REPLACE TEMP TABLE mentions (
        surrogate BIGINT, type VARCHAR, scope VARCHAR, first_seen TIMESTAMPTZ, last_seen TIMESTAMPTZ, acted BOOLEAN,
        mentioned BOOLEAN
    )""",
    "CREATE OR REPLACE TEMP TABLE stood (kind VARCHAR, a BIGINT, b BIGINT, position BIGINT)",
)
_MENTIONED = """
    SELECT
        CAST(one[3] AS BIGINT) AS surrogate, ANY_VALUE(one[1]) AS type, ANY_VALUE(one[2]) AS scope,
        MIN(CASE WHEN {happened} AND NOT (is_own OR is_statement) THEN occurred_at END) AS first_seen,
        MAX(CASE WHEN {happened} AND NOT (is_own OR is_statement) THEN occurred_at END) AS last_seen,
        BOOL_OR(one[4] = 'actor' AND (tells_together OR is_statement AND one[1] <> 'order')) AS acted,
        BOOL_OR({happened}) AS mentioned
    FROM (SELECT UNNEST(who) AS one, is_own, is_statement, tells_together, occurred_at FROM batch) AS everybody
    GROUP BY CAST(one[3] AS BIGINT)
"""
# Who stood in one event as one actor: people are linked with each other, and claim the orders they stood beside.
_STOOD = """
    WITH together AS (
        SELECT MIN(position) AS position, ANY_VALUE(who) AS who
        FROM batch
        WHERE LEN(who) > 1 AND tells_together
        GROUP BY named
    ),
    actors AS (
        SELECT position, CAST(one[3] AS BIGINT) AS surrogate, one[1] = 'order' AS is_order
        FROM (SELECT position, UNNEST(who) AS one FROM together) AS everybody
        WHERE one[4] = 'actor'
    )
    SELECT
        CASE WHEN one.is_order THEN 'claim' ELSE 'link' END AS kind,
        one.surrogate AS a, other.surrogate AS b, MIN(one.position) AS position
    FROM actors AS one
    INNER JOIN actors AS other
        ON other.position = one.position AND NOT other.is_order AND (one.is_order OR one.surrogate < other.surrogate)
    GROUP BY one.is_order, one.surrogate, other.surrogate
"""
_MERGED = """
    SELECT
        surrogate, ANY_VALUE(type) AS type, ANY_VALUE(scope) AS scope,
        MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, BOOL_OR(acted) AS acted,
        BOOL_OR(mentioned) AS mentioned
    FROM mentions
    GROUP BY surrogate
"""


class Load:
    """Takes the log in, from its beginning, inside the caller's transaction; `finish` makes the tables whole."""

    def __init__(self, engine: Engine, until: int | None = None) -> None:
        """With `until`, what happened later tells who is who and is left out otherwise."""
        self._engine = engine
        self._happened = happened(until)
        self._told = IdentityIndex()
        self._mentions = 0
        for statement in _TABLES:
            engine.run(statement)

    def take(self, stretch: Stretch) -> None:
        """Add events that follow those taken before."""
        with self._engine.lent(STORED, stretch.stored):
            self._engine.run(f"CREATE OR REPLACE TEMP TABLE batch AS {EXTRACTED}")
        self._engine.run(
            f"INSERT INTO touchpoints BY NAME SELECT * EXCLUDE ({BESIDE}) FROM batch WHERE {self._happened}"
        )
        self._engine.run(f"INSERT INTO stood {_STOOD}")
        self._mentions += self._engine.run(f"INSERT INTO mentions {_MENTIONED.format(happened=self._happened)}")
        for event in stretch.special():
            self._told.observe(event)
        if self._mentions > _FEW_MENTIONS:
            self._merge()

    def finish(self) -> IdentityIndex:
        """Find out who is who, and give everything its person."""
        self._merge()
        self._keep_facts()
        index = restore(self._engine)
        everybody = self._engine.arrow("SELECT surrogate FROM mentions")["surrogate"].to_pylist()
        with self._engine.lent("membership", persons(index, everybody)):
            self._engine.run("""
                INSERT INTO identifiers BY NAME
                SELECT
                    mentions.* EXCLUDE (acted, mentioned), membership.person_id,
                    CASE WHEN type = 'order' THEN 'order' ELSE 'person' END AS owner_kind
                FROM mentions INNER JOIN membership USING (surrogate)
                WHERE mentioned
            """)
        self._engine.run(
            "UPDATE touchpoints SET person_id = identifiers.person_id FROM identifiers WHERE identifiers.surrogate = subject"
        )
        for name in ("batch", "mentions", "stood"):
            self._engine.run(f"DROP TABLE IF EXISTS temp.{name}")
        return index

    def _keep_facts(self) -> None:
        stated = self._told.facts()
        links = [fact for fact in stated if fact.kind == "link"]
        with self._engine.lent("stated", _positions(links)):
            self._engine.run("INSERT INTO stood SELECT * FROM stated")
        remember(self._engine, [fact for fact in stated if fact.kind not in ("seen", "link")], self._told.rules)
        self._engine.run("""
            INSERT INTO internal.identity
            SELECT 'seen' AS kind, surrogate AS a, 0 AS b, 0 AS at_moment, type, 0 AS position FROM mentions WHERE acted
            UNION ALL
            SELECT kind, a, b, 0 AS at_moment, '' AS type, MIN(position) AS position FROM stood GROUP BY kind, a, b
        """)

    def _merge(self) -> None:
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE merged AS {_MERGED}")
        self._engine.run("DROP TABLE mentions")
        self._engine.run("ALTER TABLE merged RENAME TO mentions")
        self._mentions = 0


def _positions(links: Sequence[Fact]) -> pa.Table:
    return pa.table(
        {
            "kind": pa.array([fact.kind for fact in links], pa.string()),
            "a": pa.array([fact.a for fact in links], pa.int64()),
            "b": pa.array([fact.b for fact in links], pa.int64()),
            "position": pa.array([fact.position for fact in links], pa.int64()),
        }
    )
