"""How far the tables are: in the status, in readiness, in the figures; and how a rebuild is asked for and shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cdp.app.cli import watching
from cdp.app.cli.main import app
from cdp.errors import ProjectionFailed
from projections import batch, catalog
from projections.progress import Building
from tests.operations.shop import CONTROL, live_through, open_shop
from tests.processes.running import until


def _broken(view: str) -> Callable[[], tuple[catalog.Table, ...]]:
    """All views, one of which cannot be computed once there is anything in it."""
    release = tuple(
        replace(v, sql=f"SELECT * REPLACE (ERROR('no') AS {v.key[0]}) FROM (\n{v.sql}\n) AS fine")
        if v.name == view
        else v
        for v in catalog.views()
    )
    return lambda: release


def test_status_tells_where_each_table_is(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        live_through(shop, CONTROL)
        head = shop.ask("project")["position"]
        found = shop.ask("status")["tables"]
        assert (found["position"], found["stopped"], found["rebuild"]) == (head, None, None)
        assert found["views"]["orders"] == {"position": head, "lag": 0}
        assert found["views"]["rfm"] == {"position": found["closed_position"], "lag": head - found["closed_position"]}
        assert found["views"]["persons"] == found["views"]["rfm"]  # as old as the oldest that it reads
        assert set(found["views"]) == {t.name for t in (*catalog.base_tables(), *catalog.views())}


def test_a_table_that_cannot_be_computed_is_told_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_shop(tmp_path) as shop:
        shop.ask("project")
        monkeypatch.setattr(batch, "views", _broken("orders"))
        with pytest.raises(ProjectionFailed, match="projection orders"):
            live_through(shop, CONTROL)

        found = shop.ask("status")["tables"]
        event = found["stopped"]["event"]
        assert (found["stopped"]["view"], event["type"]) == ("orders", "order.paid")
        assert found["position"] == event["position"] - 1
        ready = shop.http.get("/readyz")
        assert (ready.status_code, ready.json()["tables"]["stopped"]) == (503, "orders")
        assert ready.json()["tables"]["views"]["orders"]["lag"] == shop.runtime.system.log.head() - found["position"]
        assert 'cdp_table_stopped{table="orders"} 1.0' in shop.http.get("/metrics").text
        assert "orders 算不出来" in shop.http.get("/", headers={"Host": "127.0.0.1"}).text

        monkeypatch.undo()
        shop.ask("project")
        assert shop.ask("status")["tables"]["stopped"] is None
        assert "cdp_table_stopped{" not in shop.http.get("/metrics").text


def test_cdp_rebuild_takes_names_and_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["rebuild", *arguments, "--workspace", str(tmp_path)])

    named = json.loads(run("tags", "--json").stdout)["tables"]
    assert {"tags", "people"} <= set(named)
    assert "orders" not in named
    everything = run()
    assert everything.exit_code == 0
    assert f"{len(catalog.base_tables()) + sum(not v.on_reading for v in catalog.views())} tables" in everything.stdout
    wrong = run("nonsense")
    assert (wrong.exit_code, "nonsense: no such table" in str(wrong.exception)) == (1, True)


def test_what_takes_long_is_shown_line_by_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watching, "_EVERY", 0.001)
    coming = iter(
        [None, Building("touchpoints", 1000, 5000), Building("touchpoints", 4000, 5000), Building("orders", 2, 40)]
    )
    shown: list[bool] = []

    def building() -> dict[str, Any] | None:
        found = next(coming, None)
        shown.append(found is None)
        return found._asdict() if found else None

    with watching.watching(building):
        until(lambda: True if len(shown) > 5 else None)
    assert capsys.readouterr().err.splitlines() == ["touchpoints: 1,000 of 5,000", "orders: 2 of 40"]
