"""Takes a batch of events into `touchpoints` and `identifiers`, and keeps persons right, those of older rows too.

What became different is left in the temporary table `delta_touchpoints`: new rows, and rows whose person changed, once
as they were and once as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pyarrow as pa

from cdp.events.event import DECISIONS, DELIVERY, Event
from cdp.identity.index import STATEMENTS, IdentityIndex
from cdp.identity.rules import IdentityRules
from projections.engine import Engine
from projections.extract import extract

_MOMENT = pa.timestamp("us", tz="UTC")
_OWN_SOURCES = frozenset({DECISIONS, DELIVERY})
_Sighting = tuple[str, str, int | None, int | None]
"""Type, scope, first and last moment."""
_DELTA = "type, day, person_id, live_id, group_id, campaign_id, order_id, run_id, action_id"


class Intake:
    """Follows the log for one file of tables. `take` runs inside the caller's transaction; if that is rolled back, this
    object knows more than the file and must be dropped.
    """

    def __init__(self, engine: Engine) -> None:
        """Remember who is who from what earlier batches stored."""
        self._engine = engine
        rules = engine.rows("SELECT rules FROM internal.progress")[0][0]
        facts = engine.rows("SELECT kind, a, b, at_moment, type, position FROM internal.identity")
        self.index = IdentityIndex.restore(msgspec.json.decode(rules, type=IdentityRules), facts)
        self._mark = self.index.mark()

    def take(self, events: Sequence[Event]) -> None:
        """Add the events, and give older rows the person they belong to now."""
        changed: set[int] = set()
        for event in events:
            changed |= self.index.observe(event)
        self._move(changed)
        self._mention(events)
        self._insert(events)
        self._remember()

    def begin(self) -> None:
        """Begin a batch: from here on, what becomes different is noted."""
        self._engine.run(f"CREATE OR REPLACE TEMP TABLE delta_touchpoints AS SELECT {_DELTA} FROM touchpoints LIMIT 0")

    def _move(self, changed: Iterable[int]) -> None:
        """Give older identifiers and touchpoints the person they belong to now."""
        pairs = {s: self.index.person_of(s) for person in changed for s in self.index.members(person)}
        if not pairs:
            return
        with self._engine.lent("membership", _pairs(pairs)):
            moved = self._engine.run("""
                CREATE OR REPLACE TEMP TABLE moved AS
                SELECT membership.surrogate, membership.person_id
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
            "UPDATE identifiers SET person_id = moved.person_id FROM moved WHERE identifiers.surrogate = moved.surrogate"
        )

    def _mention(self, events: Sequence[Event]) -> None:
        """Note when each identifier was seen. Decisions and deliveries repeat identifiers, statements speak of them; that is
        no sighting."""
        seen: dict[int, _Sighting] = {}
        for event in events:
            at = None if event.source in _OWN_SOURCES or event.type in STATEMENTS else event.occurred_at
            for who in event.who:
                kind, scope, first, last = seen.get(who.surrogate) or (who.type, who.scope, at, at)
                if at is not None:
                    first, last = min(first or at, at), max(last or at, at)
                seen[who.surrogate] = (kind, scope, first, last)
        if not seen:
            return
        with self._engine.lent("mentioned", self._sightings(seen)):
            self._engine.run("""
                UPDATE identifiers SET
                    first_seen = LEAST(identifiers.first_seen, mentioned.first_seen),
                    last_seen = GREATEST(identifiers.last_seen, mentioned.last_seen)
                FROM mentioned
                WHERE identifiers.surrogate = mentioned.surrogate
            """)
            self._engine.run("INSERT INTO identifiers SELECT * FROM mentioned ANTI JOIN identifiers USING (surrogate)")

    def _sightings(self, seen: dict[int, _Sighting]) -> pa.Table:
        rows = list(seen.values())
        return pa.table(
            {
                "surrogate": pa.array(list(seen), pa.int64()),
                "type": pa.array([row[0] for row in rows], pa.string()),
                "scope": pa.array([row[1] for row in rows], pa.string()),
                "person_id": pa.array([self.index.person_of(s) for s in seen], pa.int64()),
                "first_seen": pa.array([row[2] for row in rows], pa.int64()).cast(_MOMENT),
                "last_seen": pa.array([row[3] for row in rows], pa.int64()).cast(_MOMENT),
                "owner_kind": pa.array(["order" if row[0] == "order" else "person" for row in rows], pa.string()),
            }
        )

    def _insert(self, events: Sequence[Event]) -> None:
        batch = extract(events)
        person_of = self.index.person_of
        persons = [None if subject is None else person_of(subject) for subject in batch["subject"].to_pylist()]
        batch = batch.append_column("person_id", pa.array(persons, pa.int64()))
        with self._engine.lent("batch", batch):
            self._engine.run("INSERT INTO touchpoints BY NAME SELECT *, CAST(occurred_at AS DATE) AS day FROM batch")
            self._engine.run(
                f"INSERT INTO delta_touchpoints SELECT {_DELTA} FROM (SELECT *, CAST(occurred_at AS DATE) AS day FROM batch)"
            )

    def _remember(self) -> None:
        """Store what the identity index learned, so that a restart need not read the log again."""
        facts = self.index.facts(self._mark)
        self._mark = self.index.mark()
        if facts:
            columns = [list(column) for column in zip(*facts, strict=True)]
            names = ["kind", "a", "b", "at_moment", "type", "position"]
            with self._engine.lent("learned", pa.table(dict(zip(names, columns, strict=True)))):
                self._engine.run("INSERT INTO internal.identity BY NAME SELECT * FROM learned")
        rules = msgspec.json.encode(self.index.rules).decode()
        self._engine.run("UPDATE internal.progress SET rules = ? WHERE rules <> ?", [rules, rules])


def _pairs(pairs: dict[int, int | None]) -> pa.Table:
    return pa.table(
        {
            "surrogate": pa.array(list(pairs), pa.int64()),
            "person_id": pa.array(list(pairs.values()), pa.int64()),
        }
    )
