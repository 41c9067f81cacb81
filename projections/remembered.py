"""What identity learned from the log, kept in the file of tables, so that a restart need not read the log again."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import msgspec
import pyarrow as pa

from cdp.identity.graph import Fact, Graph
from cdp.identity.index import IdentityIndex
from cdp.identity.rules import IdentityRules
from projections.engine import Engine

_COLUMNS = ("kind", "a", "b", "at_moment", "type", "position")


def restore(engine: Engine) -> IdentityIndex:
    """Who is who by everything that is kept here."""
    rules = engine.rows("SELECT rules FROM internal.progress")[0][0]
    return IdentityIndex.resume(msgspec.json.decode(rules, type=IdentityRules), lambda graph: _learn(engine, graph))


def remember(engine: Engine, facts: Sequence[Fact], rules: IdentityRules) -> None:
    """Keep what came to be known, and the rules of now."""
    if facts:
        columns = [list(column) for column in zip(*facts, strict=True)]
        with engine.lent("learned", pa.table(dict(zip(_COLUMNS, columns, strict=True)))):
            engine.run("INSERT INTO internal.identity BY NAME SELECT * FROM learned")
    text = msgspec.json.encode(rules).decode()
    engine.run("UPDATE internal.progress SET rules = ? WHERE rules <> ?", [text, text])


def persons(index: IdentityIndex, surrogates: Sequence[int]) -> pa.Table:
    """The person of each of these identifiers, as a table to be lent."""
    found = index.persons_of(surrogates)
    return pa.table({"surrogate": pa.array(surrogates, pa.int64()), "person_id": pa.array(found, pa.int64())})


def _learn(engine: Engine, graph: Graph) -> None:
    """The bulk of the facts by whole columns: there may be millions."""
    for (kind,) in engine.rows("SELECT DISTINCT type FROM internal.identity WHERE kind = 'seen' ORDER BY type"):
        (seen,) = _columns(engine, "SELECT a FROM internal.identity WHERE kind = 'seen' AND type = ? ORDER BY a", kind)
        graph.learn_seen(kind, seen)
    for pairs in ("link", "claim"):
        a, b, position = _columns(
            engine, "SELECT a, b, position FROM internal.identity WHERE kind = ? ORDER BY position", pairs
        )
        graph.learn_pairs(pairs, a, b, position)
    few = "SELECT kind, a, b, at_moment, type, position FROM internal.identity WHERE kind NOT IN ('seen', 'link', 'claim')"
    graph.learn(engine.rows(few))


def _columns(engine: Engine, query: str, parameter: str) -> list[array[int]]:
    return [_integers(column) for column in engine.arrow(query, [parameter]).columns]


def _integers(column: pa.ChunkedArray) -> array[int]:
    found = array("q")
    for chunk in column.chunks:
        found.frombytes(memoryview(chunk.buffers()[1])[chunk.offset * 8 : (chunk.offset + len(chunk)) * 8])
    return found
