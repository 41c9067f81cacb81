"""[identity] of cdp.toml: types keep what is not said about them, mistakes are all named with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp.app.settings import load
from cdp.errors import SettingsError
from cdp.identity.rules import IdentityRules
from tests.app.test_settings import write


def rules(directory: Path, text: str) -> IdentityRules:
    return load(write(directory, text)).identity


def test_what_is_not_said_stays_as_documented(tmp_path: Path) -> None:
    text = "[identity.strength]\nphone = 5\nmember_card = 15\n[identity.limits]\nphone = 1\nuser_id = 0\n"
    found = rules(tmp_path, text)
    assert (found.rank("phone"), found.rank("member_card"), found.rank("unionid")) == (5, 15, 0)
    assert found.caps() == {"unionid": 1, "wecom": 3, "yz_open_id": 3, "openid": 8, "phone": 1}
    assert rules(tmp_path, "") == IdentityRules()


@pytest.mark.parametrize(
    "text",
    [
        '[identity.blocked]\nphone = ["05710000000", " 4001234567 "]\n"*" = ["test"]\n',
        '[identity]\nblocked = {phone = ["05710000000", "4001234567"], "*" = ["test"]}\n',
        '[identity]\nblocked = [["phone", "05710000000"], ["phone", "4001234567"], ["*", "test"]]\n',
    ],
)
def test_values_that_identify_nobody_are_listed_by_type(tmp_path: Path, text: str) -> None:
    assert rules(tmp_path, text).blocked == (("phone", "05710000000"), ("phone", "4001234567"), ("*", "test"))


def test_all_mistakes_are_named_at_once_with_line_and_path(tmp_path: Path) -> None:
    text = """\
[workspace]
name = "phone"

[identity]
strenght = {phone = 1}
strength = {phone = "strong", "We Com" = 3}

[identity.limits]
unionid = -1
phone = true
order = 2

[identity.blocked]
phone = "05710000000"
wecom = ["", 7]
"""
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    assert [(p.line, p.path) for p in error.value.problems] == [
        (5, "identity.strenght"),
        (6, "identity.strength.phone"),
        (6, "identity.strength.We Com"),
        (9, "identity.limits.unionid"),
        (10, "identity.limits.phone"),
        (11, "identity.limits.order"),
        (14, "identity.blocked.phone"),
        (15, "identity.blocked.wecom"),
    ]
    assert "from 0 to 10000" in str(error.value)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("identity = 3\n", "identity"),
        ("[identity]\nlimits = 3\n", "identity.limits"),
        ('[identity]\nblocked = ["05710000000"]\n', "identity.blocked"),
        ('[identity.blocked]\n"Phone!" = ["1"]\n', "identity.blocked.Phone!"),
    ],
)
def test_a_section_of_another_shape_is_told_so(tmp_path: Path, text: str, path: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    assert [p.path for p in error.value.problems] == [path]


def test_a_blocked_value_may_come_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path, '[identity.blocked]\nphone = ["env:SHOP_PHONE"]\n')
    assert load(tmp_path, environment={"SHOP_PHONE": "0571"}).identity.blocked == (("phone", "0571"),)
