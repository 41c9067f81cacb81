"""Takes events into `touchpoints` and `identifiers`, and keeps persons right, those of older rows too.

What became different is left in the temporary table `delta_touchpoints`: new rows, and rows whose person changed, once
as they were and once as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter

import msgspec

from cdp.events.event import Event, Who
from cdp.identity.index import IdentityIndex
from projections.engine import Engine
from projections.extract import BESIDE, EXTRACTED, STORED, happened
from projections.remembered import persons, remember, restore
from projections.stretch import Stretch

_DELTA = "type, day, person_id, live_id, group_id, campaign_id, order_id, run_id, action_id"
_decode_who = msgspec.json.Decoder(tuple[Who, ...]).decode


class Intake:
    """Follows the log for one file of tables, inside the caller's transaction; if that is rolled back, this object knows
    more than the file and must be dropped.

    A batch is `begin`, `take` as often as need be, and `settle`.
    """

    def __init__(self, engine: Engine, index: IdentityIndex | None = None, until: int | None = None) -> None:
        """Remember who is who from what earlier batches stored, unless `index` does. With `until`, what happened later tells
        who is who and is left out otherwise."""
        self._engine = engine
        self.until = until
        self._happened = happened(until)
        self.index = index or restore(engine)
        self._mark = self.index.mark()
        self._changed: set[int] = set()

    def begin(self) -> None:
        """Begin a batch: from here on, what becomes different is noted."""
        self._changed.clear()
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE delta_touchpoints AS SELECT {_DELTA} FROM touchpoints LIMIT 0")

    def take(self, stretch: Stretch) -> None:
        """Add events that follow those taken before."""
        with self._engine.lent(STORED, stretch.stored):
            self._engine.run(f"CREATE OR REPLACE TEMP TABLE batch AS {EXTRACTED}")
        self._observe(stretch.special())
        self._mention()
        self._engine.run(f"""
            INSERT INTO touchpoints BY NAME
            SELECT batch.* EXCLUDE ({BESIDE}), known.person_id
            FROM batch LEFT JOIN known ON known.surrogate = batch.subject
            WHERE {self._happened}
        """)
        self._engine.run(
            f"INSERT INTO delta_touchpoints SELECT {_DELTA} FROM touchpoints WHERE position >= ?", [stretch.first]
        )

    def settle(self) -> None:
        """Give older identifiers and touchpoints the person they belong to now, and store what identity learned."""
        members = [s for person in self._changed for s in self.index.members(person)]
        if members:
            self._move(members)
        facts, self._mark = self.index.facts(self._mark), self.index.mark()
        remember(self._engine, facts, self.index.rules)

    def _observe(self, special: Sequence[Event]) -> None:
        """Take everything in by position, so that what is told first is what a link is known by."""
        news = list(self._news())
        at = 0
        for event in special:
            before = bisect_left(news, event.position, lo=at, key=itemgetter(0))
            self._changed |= self.index.meet(news[at:before]) | self.index.observe(event)
            at = before
        self._changed |= self.index.meet(news[at:])

    def _news(self) -> Iterator[tuple[int, Sequence[Who]]]:
        """Who stood together, at which position first, without those who stood alone and are known."""
        facts = self._engine.rows("""
            SELECT MIN(position) AS position, CASE WHEN LEN(who) = 1 THEN CAST(who[1][3] AS BIGINT) END AS alone, named
            FROM batch
            WHERE named IS NOT NULL AND tells_together
            GROUP BY alone, named
            ORDER BY 1
        """)
        knows = self.index.knows
        return ((position, _decode_who(named)) for position, alone, named in facts if alone is None or not knows(alone))

    def _mention(self) -> None:
        """Note when each identifier was seen, and leave in `known` those of the batch with their persons as they are stored."""
        mentioned = self._engine.run(f"""
            CREATE OR REPLACE TEMP TABLE mentioned AS
            SELECT
                CAST(one[3] AS BIGINT) AS surrogate,
                ANY_VALUE(one[1]) AS type,
                ANY_VALUE(one[2]) AS scope,
                MIN(CASE WHEN NOT (is_own OR is_statement) THEN occurred_at END) AS first_seen,
                MAX(CASE WHEN NOT (is_own OR is_statement) THEN occurred_at END) AS last_seen
            FROM (
                SELECT UNNEST(who) AS one, is_own, is_statement, occurred_at FROM batch WHERE {self._happened}
            ) AS everybody
            GROUP BY CAST(one[3] AS BIGINT)
        """)
        self._engine.run("""
            CREATE OR REPLACE TEMP TABLE known AS
            SELECT surrogate, person_id, rowid AS place
            FROM identifiers
            SEMI JOIN (SELECT surrogate FROM mentioned UNION SELECT subject FROM batch) AS named USING (surrogate)
        """)
        if not mentioned:
            return
        self._engine.run("""
            UPDATE identifiers SET
                first_seen = LEAST(identifiers.first_seen, mentioned.first_seen),
                last_seen = GREATEST(identifiers.last_seen, mentioned.last_seen)
            FROM mentioned INNER JOIN known USING (surrogate)
            WHERE identifiers.rowid = known.place
        """)
        fresh = self._engine.rows("SELECT surrogate FROM mentioned ANTI JOIN known USING (surrogate)")
        if fresh:
            with self._engine.lent("newcomers", persons(self.index, [surrogate for (surrogate,) in fresh])):
                self._engine.run("""
                    INSERT INTO identifiers BY NAME
                    SELECT mentioned.*, newcomers.person_id, CASE WHEN type = 'order' THEN 'order' ELSE 'person' END AS owner_kind
                    FROM mentioned INNER JOIN newcomers USING (surrogate)
                """)
                self._engine.run("INSERT INTO known BY NAME SELECT surrogate, person_id FROM newcomers")

    def _move(self, members: Sequence[int]) -> None:
        with self._engine.lent("membership", persons(self.index, members)):
            moved = self._engine.run("""
                CREATE OR REPLACE TEMP TABLE moved AS
                SELECT membership.surrogate, membership.person_id, identifiers.rowid AS place
                FROM membership
                INNER JOIN identifiers ON identifiers.surrogate = membership.surrogate
                WHERE identifiers.person_id IS DISTINCT FROM membership.person_id
            """)
        if not moved:
            return
        self._engine.run(f"""
            CREATE OR REPLACE TEMP TABLE moved_rows AS
            SELECT touchpoints.rowid AS place, moved.person_id AS new_person, {_DELTA.replace("person_id", "touchpoints.person_id")}
            FROM touchpoints
            INNER JOIN moved ON moved.surrogate = touchpoints.subject
        """)
        self._engine.run(f"INSERT INTO delta_touchpoints SELECT {_DELTA} FROM moved_rows")
        self._engine.run(
            f"INSERT INTO delta_touchpoints SELECT {_DELTA} FROM (SELECT * REPLACE (new_person AS person_id) FROM moved_rows)"
        )
        self._engine.run(
            "UPDATE touchpoints SET person_id = moved_rows.new_person FROM moved_rows WHERE touchpoints.rowid = place"
        )
        self._engine.run(
            "UPDATE identifiers SET person_id = moved.person_id FROM moved WHERE identifiers.rowid = moved.place"
        )
