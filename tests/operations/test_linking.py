"""Who is one person and why, what is held back, and what saying otherwise changes: tried on paper, then on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.app.operations.persons import parse_identifier
from cdp.errors import NotFound, UsageError
from tests.operations.shop import AT, Shop, open_shop

_households = count(1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(
        tmp_path_factory.mktemp("linking") / "shop", '[identity.blocked]\nphone = ["05710000000"]\n'
    ) as shop:
        yield shop


@dataclass(frozen=True)
class Household:
    """Ann by three identifiers, with an order, whose phone Bob used too; and a browser that nobody knows."""

    shop: Shop
    mark: str

    def __getattr__(self, name: str) -> str:
        values = {
            "ann": f"unionid:oUANN{self.mark}", "wecom": f"wecom:ww1:wmANN{self.mark}", "phone": f"phone:1380000{self.mark}",
            "bob": f"unionid:oUBOB{self.mark}", "browser": f"anonymous_id:browser-{self.mark}", "order": f"order:E{self.mark}",
        }  # fmt: skip
        return values[name]

    def happens(self, *together: tuple[str, ...]) -> None:
        """Each time, these are seen together."""
        assert self.shop.post(*map(self._event, together))["failed"] == 0
        self.shop.settle()

    def _event(self, identifiers: tuple[str, ...]) -> dict[str, Any]:
        who = [parse_identifier(text) for text in identifiers]
        order = next((i.value for i in who if i.type == "order"), "")
        return {
            "id": f"{self.mark}:{'+'.join(identifiers)}", "source": "site", "type": "order.paid" if order else "mall.visited",
            "occurred_at": AT, "who": [{"type": i.type, "scope": i.scope, "value": i.value} for i in who],
            "data": {"amount_fen": 100} if order else {}, "context": {"order": order} if order else {},
        }  # fmt: skip

    def number(self, identifier: str) -> int:
        found = self.shop.system.vault.find(parse_identifier(identifier))
        assert found is not None
        return found

    def persons(self, *identifiers: str) -> list[int]:
        return [self.shop.ask("person.find", identifier=text)["person_id"] for text in identifiers]

    def held(self, *, settled: bool = False) -> list[dict[str, Any]]:
        """What is held back between Ann and Bob."""
        two = sorted(self.persons(self.ann, self.bob))
        listed = self.shop.ask("person.ambiguous", settled=settled)
        assert listed["total"] == len(listed["ambiguities"])
        return [row for row in listed["ambiguities"] if row["persons"] == two]

    def state(self) -> Any:
        self.shop.settle()
        return self.shop.ask("sql", sql="FROM identifiers ORDER BY surrogate", limit=10_000)


@pytest.fixture
def home(shop: Shop) -> Household:
    home = Household(shop, f"{next(_households):04}")
    home.happens(
        (home.ann, home.wecom), (home.bob,), (home.ann, home.phone), (home.bob, home.phone), (home.phone, home.order),
        (home.browser,),
    )  # fmt: skip
    return home


def test_a_person_is_told_with_the_event_that_joined_each_identifier(home: Household) -> None:
    ann, phone, wecom = home.number(home.ann), home.number(home.phone), home.number(home.wecom)
    told = home.shop.ask("person.identity", person=phone, reveal=True)
    assert (told["person_id"], told["asked_for"], told["aliases"]) == (ann, phone, [wecom, phone])
    assert [(j["link"], j["types"], j["how"], j["strength"], j["id"]) for j in told["joins"]] == [
        ([ann, wecom], ["unionid", "wecom"], "observed", 10, f"{home.mark}:{home.ann}+{home.wecom}"),
        ([ann, phone], ["unionid", "phone"], "observed", 40, f"{home.mark}:{home.ann}+{home.phone}"),
    ]
    assert [(o["beside"], o["id"]) for o in told["orders"]] == [(phone, f"{home.mark}:{home.phone}+{home.order}")]
    values = [text.rpartition(":")[2] for text in (home.ann, home.wecom, home.phone, home.order)]
    assert [i["value"] for i in told["identifiers"]] == values
    assert [(h["persons"], h["type"], h["limit"]) for h in told["held"]] == [
        ([ann, home.number(home.bob)], "unionid", 1)
    ]
    assert home.shop.ask("person.identity", person=ann)["identifiers"][0]["value"] is None


def test_what_is_held_back_is_listed_with_both_persons_and_the_event_that_linked_them(home: Household) -> None:
    (row,) = home.held()
    assert (row["reason"], row["type"], row["types"]) == ("limit", "unionid", ["unionid", "phone"])
    assert row["told_by"]["id"] == f"{home.mark}:{home.bob}+{home.phone}"
    assert [c["person_id"] for c in row["candidates"]] == home.persons(home.ann, home.bob)
    assert [[i["type"] for i in c["identifiers"]] for c in row["candidates"]] == [
        ["unionid", "wecom", "phone"],
        ["unionid"],
    ]
    assert row["candidates"][0]["gmv_fen"] == 100


@pytest.mark.parametrize("same", [True, False])
def test_settling_is_tried_on_paper_and_then_on_record_with_who_and_why(home: Household, same: bool) -> None:
    two, ask = home.persons(home.ann, home.bob), home.shop.ask
    before = home.state()
    tried = ask("person.settle", persons=two, same=same, reason="他说过", by="老王", dry_run=True)
    assert home.state() == before
    done = ask("person.settle", persons=two, same=same, reason="他说过", by="老王")
    assert done | {"dry_run": True, "position": None} == tried
    assert home.persons(home.ann, home.bob, home.phone) == ([two[0]] * 3 if same else [*two, two[0]])
    assert home.held(settled=True) == []
    (said, *_) = ask("person.identity", person=two[1])["statements"]
    assert (said["said"], said["by"], said["reason"], said["holds"]) == (
        "linked" if same else "unlinked",
        "老王",
        "他说过",
        True,
    )
    with pytest.raises(NotFound, match="held back"):
        ask("person.settle", persons=two, same=not same)
    ask(
        "person.unlink" if same else "person.link",
        identifiers=[home.ann, home.bob],
        **{} if same else {"beyond_limit": True},
    )
    assert len({*home.persons(home.ann, home.bob)}) == (2 if same else 1)


def test_new_links_between_two_persons_who_were_told_apart_change_nothing(home: Household) -> None:
    two, ask = home.persons(home.ann, home.bob), home.shop.ask
    ask("person.settle", persons=two, same=False)
    home.happens((home.bob, home.wecom))
    assert home.persons(home.ann, home.bob) == two
    assert home.held() == []
    assert [row["reason"] for row in home.held(settled=True)] == ["apart"]
    done = ask("person.settle", persons=two, same=True)
    assert (done["persons"], done["held"]) == ([two[0]], [])


def test_linking_says_what_moves_and_unlinking_brings_it_back(home: Household) -> None:
    ann, browser, ask = home.number(home.ann), home.number(home.browser), home.shop.ask
    before = home.state()
    tried = ask("person.link", identifiers=[home.wecom, home.browser], dry_run=True)
    assert tried["moved"] == [{"surrogate": browser, "type": "anonymous_id", "from": browser, "to": ann}]
    assert (tried["events_moved"], [p["person_id"] for p in tried["before"]]) == (1, [ann, browser])
    assert ask("person.link", identifiers=[home.wecom, home.browser], reason="同一部手机")["persons"] == [ann]
    assert ask("person.show", person=browser)["person_id"] == ann
    undone = ask("person.unlink", identifiers=[home.wecom, f"#{browser}"], reason="看错了")
    assert undone["persons"] == [ann, browser]
    assert home.state() == before
    # at a clock that stands still the last word counts all the same
    assert ask("person.link", identifiers=[home.wecom, home.browser])["persons"] == [ann]
    assert ask("verify")["ok"]


def test_what_is_taken_from_a_person_is_told_apart_from_everything_else_of_theirs(home: Household) -> None:
    ann, ask = home.number(home.ann), home.shop.ask
    home.happens((home.wecom, home.phone))
    done = ask("person.unlink", identifiers=[home.phone], person=ann)
    assert [ann, home.number(home.wecom)] in [person["identifiers"] for person in done["after"]]
    assert len({*home.persons(home.phone, home.bob)}) == 1, "it is Bob's now, as the event says that named both"
    done = ask("person.link", identifiers=[home.phone], person=ann)
    assert home.persons(home.phone, home.ann) == [ann, ann]
    assert [(h["reason"], h["type"]) for h in done["held"]] == []


def test_a_link_beyond_a_limit_is_held_back_unless_it_says_so(home: Household) -> None:
    two, ask = home.persons(home.ann, home.bob), home.shop.ask
    done = ask("person.link", identifiers=[home.ann, home.bob])
    assert (done["persons"], done["moved"]) == (two, [])
    assert [(h["reason"], h["type"], h["limit"]) for h in done["held"]] == [("limit", "unionid", 1)]
    done = ask("person.link", identifiers=[home.ann, home.bob], beyond_limit=True)
    assert (done["persons"], done["held"]) == (two[:1], [])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"identifiers": ["{ann}"]}, "name 2 to 20 different identifiers"),
        ({"identifiers": ["{ann}", "{ann}"]}, "name 2 to 20 different identifiers"),
        ({"identifiers": ["{ann}", "phone"]}, "no identifier; write TYPE:VALUE"),
        ({"identifiers": ["{ann}", "{order}"]}, "an order attaches events"),
        ({"identifiers": ["{ann}", "phone:05710000000"]}, "no event ever named it"),
        ({"identifiers": ["{ann}", "471147"]}, "471147: no event ever named it"),
        (
            {"identifiers": ["{ann}", "{browser}"], "reason": "他的手机是13800000017"},
            "the reason stands in the log in clear",
        ),
        (
            {"identifiers": ["{ann}", "{browser}"], "reason": "browser-{mark} 是他"},
            "the reason stands in the log in clear",
        ),
    ],
)
def test_what_cannot_be_said_is_told_before_anything_is_written(shop: Shop, given: dict[str, Any], says: str) -> None:
    home = Household(shop, "0001")
    words = {name: getattr(home, name) for name in ("ann", "order", "browser", "mark")}
    named = {
        key: value.format(**words) if isinstance(value, str) else [text.format(**words) for text in value]
        for key, value in given.items()
    }
    before = home.state()
    for operation in ("person.link", "person.unlink"):
        with pytest.raises(UsageError, match=says):
            shop.ask(operation, **named)
    assert home.state() == before


def test_whoever_nobody_ever_heard_of_is_not_found(shop: Shop, home: Household) -> None:
    with pytest.raises(NotFound, match="phone:13900000000, phone:13900000001"):
        shop.ask("person.link", identifiers=[home.ann, "phone:13900000000", "phone:13900000001"])
    with pytest.raises(NotFound):
        shop.ask("person.unlink", identifiers=[home.ann], person=471147)
    with pytest.raises(UsageError, match="nobody to be told apart"):
        shop.ask("person.unlink", identifiers=[home.browser], person=home.number(home.browser))
    with pytest.raises(NotFound, match="held back"):
        shop.ask("person.settle", persons=home.persons(home.ann, home.browser), same=True)
    with pytest.raises(UsageError, match="name two persons"):
        shop.ask("person.settle", persons=home.persons(home.ann), same=True)


def test_what_was_decided_while_two_were_one_is_told_at_once_and_ever_after(home: Household) -> None:
    ask, two = home.shop.ask, home.persons(home.ann, home.bob)
    ask("journey.deploy")
    ask("person.link", identifiers=[home.ann, home.bob], beyond_limit=True)
    added = {"source": "site", "type": "friend.added", "occurred_at": AT, "data": {"staff": "laowang"}}
    who = [{"type": "unionid", "value": home.bob.partition(":")[2]}]
    home.shop.post({**added, "id": f"friend-{home.mark}", "who": who})
    home.shop.settle()
    tried = ask("person.unlink", identifiers=[home.ann, home.bob], dry_run=True)
    done = ask("person.unlink", identifiers=[home.ann, home.bob], reason="认错了", by="老王")
    assert tried["wrong_decisions"] == done["wrong_decisions"] == 1
    for person in two:
        (unmerge,) = home.shop.http.get(f"/v1/persons/{person}/wrong-decisions").json()["unmerges"]
        assert (unmerge["by"], unmerge["reason"], unmerge["position"]) == ("老王", "认错了", done["position"])
        assert (unmerge["since"]["type"], unmerge["identifiers"]) == ("person.linked", two)
        (wrong,) = unmerge["decisions"]
        assert (wrong["verdict"], wrong["type"], wrong["person_id"]) == ("misaddressed", "action.requested", two[1])
        assert (wrong["journey"], wrong["channel"]) == ("welcome", "wecom.message")
    assert ask("verify")["ok"]


def test_erasing_asks_while_it_is_doubtful_what_is_theirs_and_identifiers_come_apart_though_they_were_erased(
    home: Household,
) -> None:
    ask, (ann, bob) = home.shop.ask, home.persons(home.ann, home.bob)
    browser = home.number(home.browser)
    ask("person.link", identifiers=[home.ann, home.browser])
    refused = home.shop.http.post(f"/v1/persons/{ann}/erase")
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, f"person {bob}")
    assert home.persons(home.phone) == [ann], "nothing went"
    erased = home.shop.http.post(f"/v1/persons/{ann}/erase", json={"despite_doubt": True}).json()
    assert {ann, browser} <= {*erased["surrogates"]}
    with pytest.raises(NotFound):
        ask("person.unlink", identifiers=[home.ann, home.browser])
    done = ask("person.unlink", identifiers=[str(ann), str(browser)], reason="认错了")
    assert done["persons"] == [ann, browser]
    assert [(p["person_id"], browser in p["erased"]) for p in done["after"]] == [(ann, False), (browser, True)]
    told = ask("person.identity", person=browser, reveal=True)["identifiers"]
    assert [(i["surrogate"], i["erased"], i["value"]) for i in told] == [(browser, True, None)]
    home.happens((home.browser, home.wecom))
    assert home.persons(home.browser)[0] > browser, "who comes back is somebody new"
    assert ask("verify")["ok"]


def test_the_same_over_http_for_those_who_may(home: Household) -> None:
    http, two = home.shop.http, home.persons(home.ann, home.bob)
    assert two in [row["persons"] for row in http.get("/v1/persons/ambiguous").json()["ambiguities"]]
    tried = http.post(f"/v1/persons/{two[0]}/link", json={"identifiers": [home.browser], "dry_run": True}).json()
    assert (tried["persons"], tried["position"]) == (two[:1], None)
    told = http.post("/v1/persons/settle", json={"persons": two, "same": False, "reason": "两口子"}).json()
    assert told["persons"] == two
    key = home.shop.ask("key.create", scope="admin")
    admin = {"Authorization": f"Bearer {key['secret']}"}
    taken = http.post(f"/v1/persons/{two[0]}/unlink", json={"identifiers": [home.wecom]}, headers=admin).json()
    assert [m["type"] for m in taken["moved"]] == ["wecom"]
    (row, *_) = http.get(f"/v1/persons/{home.number(home.wecom)}/identity").json()["statements"]
    assert (row["said"], row["by"]) == ("unlinked", f"key {key['id']}")
    secret = home.shop.ask("key.create", scope="read")["secret"]
    reader = {"Authorization": f"Bearer {secret}"}
    assert http.get(f"/v1/persons/{two[0]}/identity", headers=reader).json()["identifiers"][0]["value"] is None
    assert http.get("/v1/persons/ambiguous", headers=reader).status_code == 200
    assert http.post("/v1/persons/settle", json={"persons": two, "same": True}, headers=reader).status_code == 403
    wrong = http.post("/v1/persons/link", json={"identifiers": [home.ann, home.order]})
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, home.order)


def test_the_same_on_the_command_line(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the shop that is open, as if a server held it."""
    monkeypatch.setattr("cdp.app.cli.identities.call", lambda _, name, **given: home.shop.ask(name, **given))
    monkeypatch.setattr("cdp.app.cli.persons.call", lambda _, name, **given: home.shop.ask(name, **given))
    two = home.persons(home.ann, home.bob)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["person", *words])
        assert result.exit_code == 0, result.output
        return result.output

    assert f"joined by:\n{'link'}" in run("identity", home.phone).replace("  ", "")
    assert "together more than 1 unionid" in run("ambiguous")
    tried = run("link", home.browser, "--to", home.ann, "--dry-run")
    assert "nothing was written" in tried
    assert f"persons: {two[0]}" in tried
    assert "say it with --beyond-limit" in run("link", home.ann, home.bob)
    assert f"persons: {two[0]}, {two[1]}" in run("settle", *map(str, two), "--different", "--reason", "两口子")
    assert "anonymous_id" in run("link", home.browser, home.bob)
    assert "anonymous_id" in run("unlink", home.browser, "--from", home.bob)
    assert "had not been one person" in run("wrong-decisions", home.ann)
    refused = CliRunner().invoke(app, ["person", "settle", *map(str, two)])
    assert "--same or --different" in str(refused.exception)
