"""A value is blocked when people have long been known by it: the log tells no value, and history is as if it always had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdp.app.operations.restore import restore
from cdp.app.settings import load
from tests.operations.shop import AT, SETTINGS, Shop, open_shop
from tests.operations.test_backup import backed_up

COUNTER = "05718888888"
RULES = f'[identity.blocked]\nphone = ["{COUNTER}"]\n"*" = ["tester"]\n[identity.limits]\nuser_id = 0\nopenid = 2\n'


def visit(number: int, **who: str) -> dict[str, Any]:
    return {
        "id": str(number), "source": "site", "type": "mall.visited", "occurred_at": AT,
        "who": [{"type": kind, "value": value} for kind, value in who.items()],
    }  # fmt: skip


def own_persons(shop: Shop) -> dict[int, bool]:
    """Every identifier, and whether it is a person by itself."""
    return {r["surrogate"]: r["surrogate"] == r["person_id"] for r in shop.ask("sql", sql="FROM identifiers")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose own phone stands in the orders of two people, until that is noticed."""
    directory = tmp_path_factory.mktemp("blocking") / "shop"
    with open_shop(directory) as shop:
        shop.post(visit(1, phone=COUNTER, openid="oAAAAAA"), visit(2, phone=COUNTER, openid="oBBBBBB"))
        shop.settle()
        assert own_persons(shop) == {1: True, 2: False, 3: False}
    (directory / "cdp.toml").write_text(SETTINGS + RULES, encoding="utf-8")
    return directory


def test_people_merged_by_the_shops_own_phone_come_apart_once_it_is_blocked(shop: Path) -> None:
    with open_shop(shop) as reopened:
        reopened.settle()
        assert own_persons(reopened) == {1: True, 2: True, 3: True}
        assert reopened.post(visit(3, phone=COUNTER))["failed"] == 1
        reopened.settle()
        assert reopened.ask("verify")["ok"]
    log = (shop / "data" / "log.sqlite").read_bytes()
    assert COUNTER.encode() not in log
    assert b"tester" not in log


def test_a_restored_workspace_has_the_same_rules(shop: Path, tmp_path: Path) -> None:
    with open_shop(shop) as reopened:
        backed_up(reopened, tmp_path / "b.zip", with_keys=True)
        before = reopened.system.settings.identity
    restore(tmp_path / "b.zip", tmp_path / "again")
    assert load(tmp_path / "again").identity == before
    assert before.caps() == {"unionid": 1, "wecom": 3, "yz_open_id": 3, "openid": 2, "phone": 5}
