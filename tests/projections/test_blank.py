"""Files that begin as a copy of empty tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.testing import event
from projections import blank, catalog
from projections.blank import place_blank
from projections.engine import Engine
from projections.projector import Projector
from projections.schema import prepare
from tests.projections.histories import log_of

ZONE = "Asia/Shanghai"
_EVERYTHING = (
    "SELECT database_name = '', schema_name, table_name, sql, comment FROM duckdb_tables() WHERE NOT internal ORDER BY ALL",
    "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
    "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
    "SELECT * FROM internal.setup",
    "SELECT * FROM internal.views ORDER BY ALL",
)


@pytest.fixture(autouse=True)
def _none_made_yet() -> Iterator[None]:
    blank._blank.cache_clear()
    yield
    blank._blank.cache_clear()


def test_a_copy_is_what_would_have_been_made(tmp_path: Path) -> None:
    found = []
    for name in ("first", "second", "made"):
        if name != "made":
            place_blank(tmp_path / name, ZONE)
        engine = Engine(tmp_path / name, ZONE)
        prepare(engine)
        found.append([engine.rows(question) for question in _EVERYTHING])
        engine.close()
    assert found[0] == found[1] == found[2]
    assert blank._blank.cache_info().misses == 1


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"something")
    place_blank(tmp_path / "t", ZONE)
    assert (tmp_path / "t").read_bytes() == b"something"


def test_what_a_deleted_file_had_written_ahead_is_not_taken_for_that_of_the_new_one(tmp_path: Path) -> None:
    """The tables are deleted by hand, while what was written ahead stays."""
    code = (
        "import os, sys; from pathlib import Path; from tests.projections.histories import log_of; "
        "from cdp.testing import event; from projections.projector import Projector\n"
        "with log_of([event() for _ in range(3)]) as log:\n"
        "    projector = Projector(Path(sys.argv[1]), log); projector.advance(2)\n"
        "    os._exit(0)"
    )
    path = tmp_path / "t.duckdb"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert Path(f"{path}.wal").stat().st_size > 0
    path.unlink()
    with log_of([event(occurred_at=n) for n in range(3)]) as log:
        projector = Projector(path, log)
        assert projector.position == 0
        projector.advance()
        assert projector.reader().rows("SELECT COUNT(*) AS n FROM touchpoints") == [{"n": 3}]
        projector.close()


def test_views_of_another_text_begin_with_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place_blank(tmp_path / "all", ZONE)
    fewer = tuple(view for view in catalog.views() if view.name == "orders")
    monkeypatch.setattr(blank, "views", lambda: fewer)
    place_blank(tmp_path / "fewer", ZONE)
    assert blank._blank.cache_info().misses == 2


def test_tables_in_memory_are_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place_blank(":memory:", ZONE)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    place_blank(tmp_path / "nowhere" / "t.duckdb", ZONE)
    assert list(tmp_path.iterdir()) == []
