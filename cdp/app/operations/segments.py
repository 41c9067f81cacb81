"""Segments: who carries a tag now, and giving a tag to many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from cdp.app.names import names_of
from cdp.app.operations.days import known
from cdp.app.operations.persons import SOURCE, plain
from cdp.app.operations.runtime import Answer, Runtime
from cdp.conditions.source import suggestion
from cdp.errors import NotFound, UsageError
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.ids import derive
from projections.read import Snapshot

_AT_ONCE = 1000
MOST = 10_000
"""Persons in one page of a segment."""


def segment(runtime: Runtime, tag: str, limit: int = 100, after: int = 0, reveal: bool = False) -> Answer:
    """Who carries a tag now, in order of their ids, staff left out; names only with `reveal`. `next` is the `after` to go on
    from, None on the last page. Raises NotFound for a tag that nobody ever carried.
    """
    if not 1 <= limit <= MOST:
        raise UsageError(f"limit: a page has 1 to {MOST} persons, not {limit}")
    with runtime.reader().snapshot() as tables:
        ever = [row["tag"] for row in tables.rows("SELECT DISTINCT tag FROM tags")]
        if tag not in ever:
            raise NotFound("tag", tag, suggestion(tag, ever))
        rows = tables.rows(_CARRIERS, {"tag": tag, "after": after, "limit": limit + 1})
        (total,) = tables.rows(_TOTAL, {"tag": tag})
        page, more = rows[:limit], len(rows) > limit
        if reveal:
            names = names_of(tables, runtime.system.vault, [row["person_id"] for row in page])
            page = [{**row, "name": names.get(row["person_id"])} for row in page]
        fresh = tables.freshness()
    return {
        "tag": tag,
        "total": total["persons"],
        "persons": plain(page),
        "next": page[-1]["person_id"] if more else None,
        **known(fresh),
    }


def add_tag(runtime: Runtime, tag: str, persons: Collection[int]) -> Answer:
    """Give a tag to these persons by `tag.added` events, as staff would. Who carries it already gets none.

    Saying it twice, or again after a crash half-way, changes nothing more; who lost the tag since gets it again. Of whom no
    identifier is left (they were erased, or it is blocked), nothing can be said; they are counted as `unreachable`. Raises
    UsageError for a tag that is none.
    """
    if not tag.strip():
        raise UsageError("a tag has a name")
    # Nobody is erased meanwhile: their identifiers would come back.
    with runtime.exclusive:
        runtime.catch_up()
        with runtime.system.projector.reader().snapshot() as tables:
            carrying = {row["person_id"] for row in tables.rows(_CARRYING, {"tag": tag})}
            missing = sorted(set(persons) - carrying)
            told = [touchpoint for part in _parts(missing) for touchpoint in _told(runtime, tables, tag, part)]
        added = sum(_take(runtime, part) for part in _parts(told))
        runtime.catch_up()
    return {
        "tag": tag,
        "persons": len(set(persons)),
        "added": added,
        "carried": len(set(persons)) - len(missing),
        "unreachable": len(missing) - added,
        "position": runtime.system.projector.position,
    }


def _take(runtime: Runtime, told: Sequence[Touchpoint]) -> int:
    """How many were accepted."""
    answers = runtime.system.door.take(told)
    if wrong := next((answer for answer in answers if answer.reason == "schema"), None):
        raise UsageError(f"that is no tag: {wrong.message}")
    return sum(answer.outcome == "accepted" for answer in answers)


def _told(runtime: Runtime, tables: Snapshot, tag: str, persons: Sequence[int]) -> Iterator[Touchpoint]:
    """One event for each person of whom an identifier is left. Its id says what the last word on this tag was before it."""
    asked = {"ids": persons}
    last = {row["person_id"]: row["position"] for row in tables.rows(_LAST_WORD, {**asked, "tag": tag})}
    known_as = _identifiers(runtime, tables.rows(_SURROGATES, asked))
    now = runtime.system.clock.now()
    for person in persons:
        if person in known_as:
            yield Touchpoint(
                id=derive("tag.added", tag, person, last.get(person, 0)), source=SOURCE, type="tag.added", occurred_at=now,
                who=(known_as[person],), data={"tag": tag, "by": "staff"},
            )  # fmt: skip


def _identifiers(runtime: Runtime, rows: list[dict[str, Any]]) -> Mapping[int, Identifier]:
    """The strongest identifier of each person that is left in the vault."""
    rules = runtime.system.settings.identity
    opened = runtime.system.vault.identifiers([row["surrogate"] for row in rows])
    ranked = sorted(rows, key=lambda row: (rules.rank(row["type"]), row["surrogate"]), reverse=True)
    return {row["person_id"]: opened[row["surrogate"]] for row in ranked if row["surrogate"] in opened}


T = TypeVar("T")


def _parts(every: Sequence[T]) -> Iterator[Sequence[T]]:
    return (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))


_CARRIERS = """
SELECT persons.person_id, tags.valid_from AS since, tags."by", persons.building, persons.channel, persons.lifecycle,
       persons.is_friend, persons.paid_orders, persons.gmv_fen, persons.last_seen
FROM tags JOIN persons ON persons.person_id = tags.person_id
WHERE tags.tag = $tag AND tags.valid_to IS NULL AND NOT persons.is_staff AND persons.person_id > $after
ORDER BY persons.person_id LIMIT $limit
"""
_TOTAL = """
SELECT COUNT(*) AS persons FROM tags JOIN persons ON persons.person_id = tags.person_id
WHERE tags.tag = $tag AND tags.valid_to IS NULL AND NOT persons.is_staff
"""
_CARRYING = "SELECT person_id FROM tags WHERE tag = $tag AND valid_to IS NULL"
_SURROGATES = """
SELECT person_id, surrogate, type FROM identifiers JOIN (SELECT UNNEST($ids) AS person_id) AS asked USING (person_id)
WHERE owner_kind = 'person'
"""
_LAST_WORD = """
SELECT person_id, MAX(position) AS position
FROM touchpoints JOIN (SELECT UNNEST($ids) AS person_id) AS asked USING (person_id)
WHERE type IN ('tag.added', 'tag.removed') AND data ->> '$.tag' = $tag
GROUP BY person_id
"""
