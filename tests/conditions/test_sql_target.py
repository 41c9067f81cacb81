"""The law of the two targets: a condition says the same in Python and in DuckDB, NULL logic included."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.conditions import nodes as n
from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope, compile_node, truth
from cdp.conditions.sql import to_sql

NUMBERS = {"a": "BIGINT", "b": "DOUBLE"}
TEXTS = ("s", "t")
FLAGS = ("f", "g")
COLUMNS = ("a", "b", "s", "t", "f", "g", "items", "tags")

small = st.integers(-3, 3)
text = st.sampled_from(["", "a", "ab", "b", "粽子", "a%", "it's"])


def numbers() -> st.SearchStrategy[n.Node]:
    leaves = st.one_of(
        st.sampled_from([n.Reference("trait", name) for name in NUMBERS]),
        st.builds(n.Constant, st.one_of(small, st.sampled_from([0.5, -1.5, 2.0]))),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(n.Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
            st.builds(n.Negative, inner),
            st.builds(lambda a, b: n.Coalesce((a, b)), inner, inner),
        ),
        max_leaves=4,
    )


texts = st.one_of(st.sampled_from([n.Reference("data", name) for name in TEXTS]), st.builds(n.Constant, text))
comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
pattern = st.sampled_from(["a%", "_", "%b", "粽_", "%", ""])
leaf_conditions = st.one_of(
    st.builds(n.Compare, comparison, numbers(), numbers()),
    st.builds(n.Compare, comparison, texts, texts),
    st.builds(n.Between, numbers(), numbers(), numbers()),
    st.builds(lambda v, o: n.OneOf(v, tuple(o)), texts, st.lists(texts, min_size=1, max_size=3)),
    st.builds(n.Like, texts, pattern),
    st.builds(n.Contains, st.just(n.Reference("data", "items")), texts),
    st.builds(n.Contains, texts, texts),
    st.builds(n.HasTag, text),
    st.builds(n.Is, st.one_of(texts, numbers()), st.none()),
    st.builds(n.Is, st.sampled_from([n.Reference("person", f) for f in FLAGS]), st.sampled_from([True, False, None])),
    st.sampled_from([n.Reference("person", name) for name in FLAGS]),
    st.sampled_from([n.Constant(True), n.Constant(False)]),
)
conditions = st.recursive(
    leaf_conditions,
    lambda inner: st.one_of(
        st.builds(n.Both, inner, inner), st.builds(n.Either, inner, inner), st.builds(n.Negation, inner)
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries(
    {
        "a": st.none() | small,
        "b": st.none() | st.sampled_from([0.0, 0.5, -1.5]),
        "s": st.none() | text,
        "t": st.none() | text,
        "f": st.none() | st.booleans(),
        "g": st.none() | st.booleans(),
        "items": st.none() | st.lists(text, max_size=3),
        "tags": st.lists(text, max_size=2),
    }
)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE r (a BIGINT, b DOUBLE, s VARCHAR, t VARCHAR, f BOOLEAN, g BOOLEAN, items VARCHAR[], tags VARCHAR[])"
        )
        yield connection


@settings(max_examples=150, deadline=None)
@given(conditions, rows)
def test_python_and_duckdb_give_the_same_answer(connection, node, row):
    scope = Scope(
        data={k: row[k] for k in ("s", "t", "items")},
        person={k: row[k] for k in FLAGS},
        tags=row["tags"],
        traits=row.get,
    )
    connection.execute("DELETE FROM r")
    connection.execute("INSERT INTO r VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [row[name] for name in COLUMNS])
    sql = f"SELECT CAST({to_sql(node, lambda reference: reference.name, 'tags')} AS BOOLEAN) FROM r"
    assert truth(compile_node(node)(scope)) == connection.execute(sql).fetchone()[0], sql


@pytest.mark.parametrize("items", [None, [], ["a"]])
def test_nobody_knows_whether_a_list_contains_what_is_not_known(connection, items):
    node = n.Contains(n.Reference("data", "items"), n.Reference("data", "s"))
    connection.execute("DELETE FROM r")
    connection.execute("INSERT INTO r (items) VALUES (?)", [items])

    known = connection.execute(f"SELECT {to_sql(node, lambda reference: reference.name, 'tags')} FROM r").fetchone()

    assert truth(compile_node(node)(Scope(data={"s": None, "items": items}))) is known[0] is None


def test_a_condition_becomes_sql_over_the_columns_it_is_given():
    condition = Condition.parse("spent_90d >= 50000 AND NOT has_tag('员工')")
    assert condition.to_sql(lambda reference: f'"{reference.name}"') == (
        "((\"spent_90d\" >= 50000) AND (NOT coalesce(list_contains(tags, '员工'), FALSE)))"
    )
