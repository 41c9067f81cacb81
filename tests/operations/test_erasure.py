"""Erasing: whatever told who somebody is stands nowhere any more, and nothing else has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdp.app.logging import configure, silence
from cdp.app.operations.erasure import erase, finish_erasures, mentions
from cdp.clock import HOUR
from cdp.errors import NotFound
from cdp.inbox import retention
from tests.operations.scan import search, search_bytes, search_each
from tests.operations.shop import CONTROL, DOOMED, Neighbour, Shop, live_through, open_shop, open_shop_after


@pytest.fixture
def log_lines(tmp_path: Path) -> Iterator[Path]:
    """What the process says about itself, at its most talkative, inside the workspace."""
    file = tmp_path / "cdp.log"
    configure("debug", file)
    yield file
    silence()


def doomed_alone(shop: Shop) -> None:
    live_through(shop, DOOMED)


def both(shop: Shop) -> None:
    live_through(shop, CONTROL)
    live_through(shop, DOOMED)


def person(shop: Shop, one: Neighbour) -> int:
    return int(shop.ask("person.find", identifier=f"phone:{one.phone}")["person_id"])


def totals(shop: Shop) -> dict[str, Any]:
    reader = shop.runtime.reader()
    tables = ("persons", "orders", "group_days", "live_sessions", "mall_days", "journey_runs", "actions")
    counts = {t: reader.rows(f"SELECT COUNT(*) AS n FROM {t}")[0]["n"] for t in tables}
    money = reader.rows("SELECT SUM(gmv_fen) AS gmv, SUM(orders) AS orders FROM persons")[0]
    return {**counts, **money, "days": reader.rows("SELECT * FROM mall_days ORDER BY day")}


def leave_files(shop: Shop) -> None:
    """What people ask for beside what the server keeps: tables of a moment gone by, exported tables."""
    for one in (CONTROL, DOOMED):
        then = str(shop.system.log.head())
        assert (
            shop.ask("person.show", person=person(shop, one), reveal=True, as_of=then)["profile"]["name"]
            == one.texts()["name"]
        )
    for form in ("parquet", "csv", "arrow"):
        shop.ask(
            "export", to=str(shop.directory / "exported"), tables=["touchpoints", "persons", "profiles"], format=form
        )


def test_what_is_found_of_others_is_found_nowhere_of_the_erased_one(tmp_path: Path, log_lines: Path) -> None:
    with open_shop(tmp_path) as shop:
        shop.ask("journey.deploy")
        live_through(shop, CONTROL)
        live_through(shop, DOOMED)
        shop.ask("publish")
        leave_files(shop)
        head = shop.system.log.head()
        before = totals(shop)

    # The building is no secret: it proves that tables and files are read at all.
    doomed, control, known = search_each(tmp_path, DOOMED.needles(), CONTROL.needles(), {"building": "幸福里"})
    assert {name for name, places in control.items() if not places} == set()
    assert {name for name, places in doomed.items() if not places} == set()
    assert control["phone"] >= {"bytes:data/inbox.sqlite", "sqlite:data/inbox.sqlite", "vault", "inbox"}
    assert set().union(*control.values()) <= {*control["phone"], "bytes:data/inbox.sqlite-wal"}, "in clear elsewhere"
    building = known["building"]
    assert {"duckdb:data/projections.duckdb", "sqlite:data/log.sqlite"} <= building
    for kept in (
        "duckdb:data/moments/",
        "parquet:data/projections.parts/",
        "parquet:exported/",
        "bytes:exported/persons.csv",
    ):
        assert any(place.startswith(kept) for place in building), kept

    with open_shop(tmp_path) as shop:
        report = erase(shop.runtime, person(shop, DOOMED), by="owner")
        assert totals(shop) == before
        assert shop.ask("verify")["ok"]
        assert not shop.ask("doctor")["problems"]
        for moment in ({}, {"as_of": str(head)}):
            shown = shop.ask("person.show", person=report["person_id"], reveal=True, **moment)
            assert (shown["profile"], {i["value"] for i in shown["identifiers"]}) == ({}, {None})
        # What was to be sent is not sent: nobody knows any more to whom.
        assert len(shop.ask("outbox.list")["open"]) == 2
        shop.system.clock.advance_to(shop.system.clock.now() + HOUR)  # type: ignore[attr-defined]
        shop.settle()
        assert [a["person_id"] for a in shop.ask("outbox.list")["open"]] == [person(shop, CONTROL)]

    assert (report["identifiers"], report["raw_bodies"]) == (len(report["surrogates"]), 9)
    assert min(report["keys"], report["values"]) > 0
    assert report["published"] is not None
    doomed, control = search_each(tmp_path, DOOMED.needles(), CONTROL.needles())
    assert {name: places for name, places in doomed.items() if places} == {}
    assert {name for name, places in control.items() if not places} == set()
    assert "person erased" in log_lines.read_text()


def test_not_even_the_write_ahead_logs_of_an_open_workspace_remember(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
        live_through(shop, DOOMED)
        assert "bytes:data/inbox.sqlite-wal" in search_bytes(tmp_path, DOOMED.needles())["phone"]
        erase(shop.runtime, person(shop, DOOMED))
        assert {n: places for n, places in search_bytes(tmp_path, DOOMED.needles()).items() if places} == {}
        assert "bytes:data/inbox.sqlite" in search_bytes(tmp_path, CONTROL.needles())["phone"]


def test_the_other_persons_traces_are_left_alone(tmp_path: Path) -> None:
    with open_shop_after(tmp_path, both) as shop:
        bodies = len(shop.system.inbox.bodies("WHERE 1"))
        before = shop.ask("person.export", person=person(shop, CONTROL))
        report = erase(shop.runtime, person(shop, DOOMED))
        assert shop.ask("person.export", person=person(shop, CONTROL)) == before
        assert len(shop.system.inbox.bodies("WHERE 1")) == bodies - report["raw_bodies"]


def test_the_law_of_the_door_adds_up_after_erasing(tmp_path: Path) -> None:
    with open_shop_after(tmp_path, doomed_alone) as shop:

        def items() -> int:
            return sum(int(str(row["count"])) for row in shop.system.inbox.counts())

        before = items()
        erase(shop.runtime, person(shop, DOOMED))
        assert items() == before
        assert {row["reason"] for row in shop.system.inbox.counts() if row["outcome"] == "ignored"} >= {"erased"}
        assert not shop.system.inbox.failures()


def test_an_erasure_cut_short_after_its_event_is_finished_when_the_workspace_opens(tmp_path: Path) -> None:
    with open_shop_after(tmp_path, doomed_alone) as shop:
        shop.system.inbox.truncate(1)
        backup = {p.name: p.read_bytes() for p in (tmp_path / "data").glob("*.sqlite") if p.name != "log.sqlite"}
        erase(shop.runtime, person(shop, DOOMED))
    # Vault and inbox as a kill right after the append would have left them.
    for name, content in backup.items():
        (tmp_path / "data" / name).write_bytes(content)
    assert any(search(tmp_path, DOOMED.needles()).values())

    with open_shop(tmp_path):
        pass
    assert not any(search(tmp_path, DOOMED.needles()).values())


def test_a_request_under_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """A door that looked a surrogate up just before seals its text just after."""
    with open_shop_after(tmp_path, doomed_alone) as shop:
        report = erase(shop.runtime, person(shop, DOOMED))
        references = shop.system.vault.seal([(report["surrogates"][0], "说晚了的话")])
        assert finish_erasures(shop.runtime, grace=60_000_000) == 1
        assert shop.system.vault.open(references) == {}
        shop.system.clock.advance_to(shop.system.clock.now() + 61_000_000)  # type: ignore[attr-defined]
        assert finish_erasures(shop.runtime, grace=60_000_000) == 0
        assert retention.mark(shop.system.inbox, "erasures") == shop.system.log.head()


def test_whoever_comes_back_is_somebody_new(tmp_path: Path) -> None:
    with open_shop_after(tmp_path, doomed_alone) as shop:
        report = erase(shop.runtime, person(shop, DOOMED))
        who = [{"type": "phone", "value": DOOMED.phone}]
        at = "2026-06-19T19:20:00+08:00"
        shop.post({"id": "back", "source": "site", "type": "mall.visited", "occurred_at": at, "who": who, "data": {}})
        shop.settle()
        assert person(shop, DOOMED) not in report["surrogates"]


def test_erasing_twice_says_that_nothing_is_left(tmp_path: Path) -> None:
    with open_shop_after(tmp_path, doomed_alone) as shop:
        known = person(shop, DOOMED)
        erase(shop.runtime, known)
        with pytest.raises(NotFound, match="anything left to erase"):
            erase(shop.runtime, known)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"phone":"13800134711"}', True),
        ("电话13800134711，谢谢", True),
        ("138001347110", False),
        ("x13800134711", False),
        ("", False),
    ],
)
def test_a_value_is_found_only_as_a_whole(text: str, found: bool) -> None:
    assert mentions(text, ["13800134711"]) is found
