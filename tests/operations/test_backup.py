"""Backups are drilled: made while events come in, restored elsewhere, and proved."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cdp.app.operations.recorded import as_toml
from cdp.app.operations.restore import restore
from cdp.app.settings import load
from cdp.clock import HOUR, iso
from cdp.errors import UsageError, WorkspaceError
from tests.operations.scan import search
from tests.operations.shop import AT, CONTROL, DOOMED, SETTINGS, WELCOME, Neighbour, Shop, live_through, open_shop
from tests.processes.running import command, serving


@contextmanager
def meanwhile(work: Callable[[int], None]) -> Iterator[None]:
    """Does something over and over in a thread of its own for as long as the `with` lasts, and at least ten times."""
    over, enough = threading.Event(), threading.Event()
    wrong: list[BaseException] = []

    def go_on() -> None:
        number = 0
        try:
            while not over.is_set():
                work(number)
                number += 1
                if number == 10:
                    enough.set()
        except BaseException as error:
            wrong.append(error)
            enough.set()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    enough.wait(30)
    try:
        yield
    finally:
        over.set()
        thread.join(30)
    assert not wrong, wrong


def visit(number: int) -> dict[str, Any]:
    return {
        "id": f"visit-{number}", "source": "site", "type": "person.profile_changed", "occurred_at": AT,
        "who": [{"type": "phone", "value": f"1500000{number:04d}"}], "data": {"nickname": f"客人{number}"},
    }  # fmt: skip


def backed_up(shop: Shop, file: Path, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = shop.ask("backup", file=str(file), **options)
    return answer


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup with its key, of a shop with two neighbours that stands beside it."""
    directory = tmp_path_factory.mktemp("backed-up")
    with open_shop(directory / "shop") as shop:
        shop.ask("journey.deploy")
        shop.ask("key.create", scope="read")
        live_through(shop, CONTROL)
        live_through(shop, DOOMED)
        backed_up(shop, directory / "shop.zip", with_keys=True)
    return directory / "shop.zip"


def test_a_backup_made_while_events_come_in_restores_to_a_workspace_that_verifies(tmp_path: Path) -> None:
    with serving(tmp_path_with_settings(tmp_path / "shop")) as server:

        def bring(number: int) -> None:
            server.http.post("/v1/events", json=[visit(number)], timeout=30).raise_for_status()

        with meanwhile(bring):
            made = json.loads(
                command(
                    "backup", str(tmp_path / "b.zip"), "--keys", str(tmp_path / "b.key"), "--json",
                    workspace=tmp_path / "shop",
                ).stdout
            )  # fmt: skip
    told = restore(tmp_path / "b.zip", tmp_path / "again", tmp_path / "b.key")

    # One event more than was backed up: delivery is held.
    assert told["position"] == told["tables"] - 1 == made["position"] > 10
    with open_shop(tmp_path / "again") as shop:
        verified = shop.ask("verify")
        assert verified["ok"], verified
        # The vault holds every name to which the log refers.
        facts = [e for e in shop.system.log.read(0, 100_000) if e.type == "person.profile_changed"]
        assert len(facts) > 5
        assert len(shop.system.vault.open([e.data["nickname"] for e in facts])) == len(facts)
        assert len(shop.system.vault.identifiers({w.surrogate for e in facts for w in e.who})) == len(facts)


def tmp_path_with_settings(directory: Path) -> Path:
    directory.mkdir()
    (directory / "cdp.toml").write_text('[workspace]\nname = "老王"\n', encoding="utf-8")
    return directory


def test_what_was_taken_twice_before_is_still_a_duplicate_after_restoring(archive: Path, tmp_path: Path) -> None:
    restore(archive, tmp_path / "again")
    with open_shop(tmp_path / "again") as shop:
        head = shop.system.log.head()
        again = shop.post(visit(1), visit(1))
        assert (again["accepted"], again["duplicate"]) == (1, 1)
        assert shop.system.log.head() == head + 1
        failed = len(shop.system.inbox.failures())
        # Callbacks that prove nothing are not replayed.
        assert shop.ask("inbox.replay") == {"replayed": failed - 2, "still_failed": failed}
        assert failed == 12
        assert (
            shop.ask("person.find", identifier=f"phone:{CONTROL.phone}", reveal=True)["profile"]["name"]
            == CONTROL.texts()["name"]
        )


def test_erasures_that_the_log_knows_are_applied_to_what_is_restored(tmp_path: Path) -> None:
    """A vault and an inbox that are older than the erasure, as a kill in the middle of one leaves them."""
    with open_shop(tmp_path / "shop") as shop:
        live_through(shop, CONTROL)
        live_through(shop, DOOMED)
        old = backed_up(shop, tmp_path / "old.zip", with_keys=True)
        shop.ask("person.erase", person=shop.ask("person.find", identifier=f"phone:{DOOMED.phone}")["person_id"])
        new = backed_up(shop, tmp_path / "new.zip", with_keys=True)
    assert new["position"] == old["position"] + 1

    assert restore(mixed(tmp_path), tmp_path / "again")["erasures_applied"] == 1
    with open_shop(tmp_path / "again") as shop:
        assert shop.ask("verify")["ok"]
    assert {n: p for n, p in search(tmp_path / "again", DOOMED.needles()).items() if p} == {}
    assert all(search(tmp_path / "again", CONTROL.needles()).values())


def mixed(directory: Path) -> Path:
    """The log of the new backup with vault and inbox of the old one."""
    with (
        zipfile.ZipFile(directory / "old.zip") as old, zipfile.ZipFile(directory / "new.zip") as new,
        zipfile.ZipFile(directory / "mixed.zip", "w") as target,
    ):  # fmt: skip
        manifest = json.loads(new.read("manifest.json"))
        for name in ("vault.sqlite", "inbox.sqlite"):
            manifest["files"][name] = json.loads(old.read("manifest.json"))["files"][name]
        target.writestr("manifest.json", json.dumps(manifest))
        for name in manifest["files"]:
            target.writestr(name, (old if name in ("vault.sqlite", "inbox.sqlite") else new).read(name))
    return directory / "mixed.zip"


def test_a_restored_log_says_up_to_where_it_knows(archive: Path, tmp_path: Path) -> None:
    told = restore(archive, tmp_path / "again")
    assert f"ends at position {told['position']}" in told["beware"]
    assert "Erase again whoever was erased later" in told["beware"]


def test_settings_and_journeys_come_back_as_the_log_recorded_them(archive: Path, tmp_path: Path) -> None:
    restore(archive, tmp_path / "again")
    shop = archive.parent / "shop"
    restored, original = load(tmp_path / "again"), load(shop)
    assert (restored.workspace.name, restored.workspace.timezone) == (
        original.workspace.name,
        original.workspace.timezone,
    )
    assert (restored.gates, restored.identity) == (original.gates, original.identity)
    for directory in (tmp_path / "again", shop):
        assert (directory / "journeys" / "welcome.yaml").read_text(encoding="utf-8") == WELCOME


def test_what_is_restored_delivers_nothing_until_a_person_releases_it(archive: Path, tmp_path: Path) -> None:
    """What was requested before the backup may have gone out after it."""
    told = restore(archive, tmp_path / "again")
    assert "cdp outbox release" in told["beware"]
    (tmp_path / "again" / "cdp.toml").write_text(SETTINGS, encoding="utf-8")
    with open_shop(tmp_path / "again") as shop:
        before = shop.ask("outbox.list")
        assert before["held"]["by"] == "restore"
        assert before["held"]["reason"].startswith("backup of 2")
        first, second = (action["action"] for action in before["open"])
        assert {a["person_id"] for a in before["open"]} == {person(shop, CONTROL), person(shop, DOOMED)}
        shop.system.clock.advance_to(shop.system.clock.now() + 48 * HOUR)  # type: ignore[attr-defined]
        shop.settle()
        assert [a["attempts"] for a in shop.ask("outbox.list")["open"]] == [a["attempts"] for a in before["open"]]

        shop.ask("outbox.confirm", actions=[first], by="laowang")
        shop.ask("outbox.release", by="laowang")
        shop.settle()
        after = shop.ask("outbox.list")
        assert after["held"] is None
        assert [(a["action"], a["attempts"] > before["open"][1]["attempts"]) for a in after["open"]] == [(second, True)]


def person(shop: Shop, one: Neighbour) -> int:
    return int(shop.ask("person.find", identifier=f"phone:{one.phone}")["person_id"])


def test_a_driven_clock_does_not_leap_over_a_restore(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text(SETTINGS, encoding="utf-8")
    told = restore(archive, tmp_path)
    with open_shop(tmp_path) as shop:
        assert iso(shop.system.clock.now()) == told["recorded_at"]


def test_two_places_for_one_log_are_refused(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text('[log]\nurl = "postgresql://localhost/shop"\n')
    with pytest.raises(UsageError, match="names another place for the log"):
        restore(archive, tmp_path, log_url="postgresql://localhost/another")
    assert not (tmp_path / "data").exists()


def test_settings_that_are_there_stay(archive: Path, tmp_path: Path) -> None:
    restore(archive, tmp_path_with_settings(tmp_path / "again"))
    assert load(tmp_path / "again").gates.quiet == "21:30-08:30"


def test_any_recorded_settings_are_read_back() -> None:
    import tomllib

    settings = {
        "name": '老王 "鲜" \\ 店', "timezone": "Asia/Shanghai", "gates": {"quiet": "none"},
        "identity": {"limits": {"unionid": 1, "x y": 2}, "blocked": [["phone", "10086"]]},
    }  # fmt: skip
    read = tomllib.loads(as_toml(settings))
    assert read["workspace"] == {"name": settings["name"], "timezone": "Asia/Shanghai"}
    assert (read["gates"], read["identity"]) == (settings["gates"], settings["identity"])


def test_the_archive_holds_no_key_and_nobodys_name_unless_asked_for(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        shop.post(visit(1))
        made = backed_up(shop, tmp_path / "b.zip", keys=str(tmp_path / "b.key"))
        key = (tmp_path / "shop" / "data" / "vault.key").read_bytes()
    assert (tmp_path / "b.key").read_bytes() == key
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("b.zip", "b.key")} == {0o600}
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "vault.key" not in archive.namelist()
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert key not in content
    assert "客人1".encode() not in content
    assert made["vault_key"].endswith("b.key")
    with pytest.raises(UsageError, match="give the key with --keys"):
        restore(tmp_path / "b.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def damaged(archive: Path, into: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(into / "damaged.zip", "w") as copy:
        for each in source.namelist():
            copy.writestr(each, change(source.read(each)) if each == name else source.read(each))
    return into / "damaged.zip"


@pytest.mark.parametrize("name", ["log.sqlite", "vault.sqlite", "inbox.sqlite", "keys.json", "vault.key"])
def test_a_file_that_is_not_what_the_manifest_says_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    wrong = damaged(archive, tmp_path, name, lambda content: content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WorkspaceError, match=f"{name} in the backup is damaged"):
        restore(wrong, tmp_path / "again")
    assert not (tmp_path / "again" / "data").exists()


def edited(**changes: Any) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **changes}).encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited(format=9), "use the version that wrote it"),
        (edited(schema=99), "use the newer version"),
        (edited(files={}), "lacks inbox.sqlite"),
        (edited(files={"../../etc/passwd": {"bytes": 1, "sha256": ""}}), "no backup of ours does"),
        (lambda _: b"{}", "cannot be read as a backup"),
    ],
)
def test_what_is_no_backup_of_ours_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    with pytest.raises(WorkspaceError, match=says):
        restore(damaged(archive, tmp_path, "manifest.json", change), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_file_that_is_no_archive_a_wrong_key_and_a_directory_in_use_are_refused(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(WorkspaceError, match="cannot be read as a backup"):
        restore(tmp_path / "text", tmp_path / "again")
    (tmp_path / "key").write_bytes(b"k" * 32)
    with pytest.raises(WorkspaceError, match="was made under another key"):
        restore(archive, tmp_path / "again", tmp_path / "key")
    with pytest.raises(WorkspaceError, match="restore into a directory that has no data yet"):
        restore(archive, archive.parent / "shop")
    assert not (tmp_path / "again" / "data").exists()


def test_no_backup_is_overwritten_and_nothing_is_left_of_one_that_failed(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("an earlier one")
    with open_shop(tmp_path / "shop") as shop:
        with pytest.raises(UsageError, match="no backup is overwritten"):
            backed_up(shop, tmp_path / "b.zip")
        with pytest.raises(UsageError, match="is no directory"):
            backed_up(shop, tmp_path / "nowhere" / "b.zip")
        with pytest.raises(UsageError, match="a file of its own"):
            backed_up(shop, tmp_path / "c.zip", keys=str(tmp_path / "c.zip"))
        (tmp_path / "shop" / "data" / "vault.key").unlink()
        with pytest.raises(WorkspaceError, match="cannot be written"):
            backed_up(shop, tmp_path / "c.zip", keys=str(tmp_path / "c.key"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.zip", "shop"]
