"""From settings to connectors: every problem at once, and no secret in any text."""

from __future__ import annotations

import pytest

from cdp.errors import NotFound, SettingsError
from connectors.registry import KINDS, connector
from tests.connectors.accounts import AES_KEY, fingerprint

GOOD = {
    "wecom": {"corp_id": "ww1", "token": "t", "aes_key": AES_KEY, "agent_id": 1000002},
    "youzan": {"client_id": "c", "client_secret": "s"},
    "wechat-store": {"token": "t", "aes_key": AES_KEY, "appid": "wx1"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_connector_that_knows_its_name(kind):
    made = connector(kind, "north", GOOD[kind], fingerprint)

    assert (made.kind, made.name) == (kind, "north")
    assert made.mapping


def test_a_kind_that_does_not_exist_is_named():
    with pytest.raises(NotFound, match="telegram"):
        connector("telegram", "main", {}, fingerprint)


def test_all_problems_are_reported_at_once_with_their_paths():
    with pytest.raises(SettingsError) as refused:
        connector("wecom", "main", {"corp_id": 7, "aes_keys": "x", "timeout": "long"}, fingerprint)

    assert [problem.path for problem in refused.value.problems] == [
        "connectors.wecom.main.aes_key",
        "connectors.wecom.main.aes_keys",
        "connectors.wecom.main.corp_id",
        "connectors.wecom.main.timeout",
        "connectors.wecom.main.token",
    ]


def test_values_that_fit_their_type_but_not_their_meaning_are_problems_too():
    with pytest.raises(SettingsError) as refused:
        connector(
            "wecom", "main", GOOD["wecom"] | {"token": "", "aes_key": "short", "api_base": "ftp://x"}, fingerprint
        )

    assert {problem.path.rpartition(".")[2] for problem in refused.value.problems} == {"token", "aes_key", "api_base"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_shown(kind):
    shown = ("SECRET" * 8)[:43]
    options = {key: value for key, value in GOOD[kind].items() if isinstance(value, str)}
    secret = options | {key: shown for key in ("token", "aes_key", "client_secret") if key in options}
    made = connector(kind, "main", secret, fingerprint)
    with pytest.raises(SettingsError) as refused:
        connector(kind, "main", secret | {"nonsense": shown}, fingerprint)

    assert shown not in str(refused.value)
    assert shown not in repr(made)
    assert shown not in repr(list(vars(made).values()))
