"""Access keys: shown once, stored hashed, revocable, and no further than their scope."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cdp.app.keys import SCOPES, Keys
from cdp.errors import NotFound


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.json")


def test_the_secret_is_nowhere_in_the_file_and_the_file_is_the_owners_alone(keys: Keys, tmp_path: Path) -> None:
    key, secret = keys.create("write", "mall", 1)
    text = (tmp_path / "keys.json").read_text()
    assert secret not in text
    assert secret.removeprefix(key.prefix) not in text
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_key_is_found_by_its_secret_also_after_a_restart(keys: Keys, tmp_path: Path) -> None:
    key, secret = keys.create("read", "", 1)
    assert Keys(tmp_path / "keys.json").find(secret) == key
    assert keys.find("cdp_read_guess") is None


def test_a_digest_that_is_none_opens_nothing_and_shuts_out_nobody(keys: Keys, tmp_path: Path) -> None:
    key, secret = keys.create("read", "", 1)
    path = tmp_path / "keys.json"
    damaged = msgspec.structs.replace(key, id="other", digest="粽")
    path.write_bytes(msgspec.json.encode([damaged, key]))
    assert Keys(path).find(secret) == key
    assert Keys(path).find("cdp_read_guess") is None


def test_a_revoked_key_opens_nothing(keys: Keys) -> None:
    key, secret = keys.create("admin", "", 1)
    keys.revoke(key.id, 2)
    assert keys.find(secret) is None
    assert [k.revoked_at for k in keys.all()] == [2]
    with pytest.raises(NotFound):
        keys.revoke("nope", 3)


@pytest.mark.parametrize(
    ("scope", "may"),
    [("write", {"write"}), ("read", {"read"}), ("operate", {"read", "operate"}), ("admin", set(SCOPES))],
)
def test_a_scope_reaches_as_far_as_documented(keys: Keys, scope: str, may: set[str]) -> None:
    key, _ = keys.create(scope, "", 1)  # type: ignore[arg-type]
    assert {s for s in SCOPES if key.may(s)} == may
