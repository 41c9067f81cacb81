"""Two of the test shop's neighbours who may be one, as the operations tell it; it remembers what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdp.errors import NotFound, UsageError

AT = "2026-06-19T19:30:00+08:00"
ONE, OTHER = 3, 9
"""Persons of the test shop; what belongs to them below is made up."""
_EVENT = {
    "position": 17,
    "id": "e17",
    "source": "youzan/main",
    "type": "order.paid",
    "occurred_at": AT,
    "recorded_at": AT,
}
_SAID = {**_EVENT, "type": "person.unlinked", "source": "operator", "by": "老王", "reason": "是邻居"}


@dataclass
class Register:
    """`said` are the statements that a page gave, in order."""

    said: list[tuple[object, ...]] = field(default_factory=list)

    def waiting(self) -> int:
        """One pair."""
        return 1

    def ambiguous(self, *, settled: bool) -> Mapping[str, Any]:
        """One pair that waits, and one that was told apart."""
        rows = [_held("limit"), _held("apart")] if settled else [_held("limit")]
        return {"total": len(rows), "position": 20, "ambiguities": rows}

    def identity(self, person: int) -> Mapping[str, Any]:
        """Three identifiers, one of them erased, joined by an event and by a statement."""
        identifiers = [
            {"surrogate": s, "type": kind, "scope": "", "first_seen": AT, "last_seen": AT, "erased": s == 900001, "value": None}
            for s, kind in ((person, "wecom"), (person + 1, "unionid"), (900001, "phone"), (900002, "order"))
        ]  # fmt: skip
        joins = [
            {"link": [person, person + 1], "types": ["wecom", "unionid"], "strength": 10, "how": "observed",
             "beyond_limit": False, **_EVENT, "by": "", "reason": ""},
            {"link": [person + 1, 900001], "types": ["unionid", "phone"], "strength": 40, "how": "stated",
             "beyond_limit": True, **_SAID},
        ]  # fmt: skip
        statements = [
            {"said": "unlinked", "beyond_limit": False, "identifiers": [person, OTHER], "types": ["wecom", "wecom"],
             "holds": False, **_SAID},
        ]  # fmt: skip
        held = [row for row in (_held("limit"),) if person in row["persons"]]
        return {
            "person_id": person, "asked_for": person, "aliases": [person + 1, 900001], "identifiers": identifiers,
            "joins": joins, "orders": [{"order": 900002, "beside": person, **_EVENT}], "statements": statements, "held": held,
            "position": 20,
        }  # fmt: skip

    def wrong_decisions(self, person: int) -> Mapping[str, Any]:
        """Told apart twice: once something came of it."""
        once = {"position": 19, "occurred_at": AT, "by": "老王", "reason": "是邻居", "identifiers": [person, OTHER]}
        decisions = [_decision(verdict, OTHER if n % 2 else person) for n, verdict in enumerate(_VERDICTS)]
        since = {"position": 12, "type": "person.linked", "occurred_at": AT}
        unmerges = [{**once, "since": since, "decisions": decisions}, {**once, "since": None, "decisions": []}]
        return {"person_id": person, "asked_for": person, "position": 20, "unmerges": unmerges}

    def settle(self, persons: Sequence[int], by: str, reason: str, *, same: bool) -> Mapping[str, Any]:
        """As far as anything is held back between the two."""
        if sorted(persons) != [ONE, OTHER]:
            raise NotFound("link held back between the persons", persons)
        _refuse(reason)
        self.said.append(("same" if same else "different", *persons, by, reason))
        return {"persons": [ONE] if same else [ONE, OTHER]}

    def take_out(self, person: int, identifier: int, by: str, reason: str) -> Mapping[str, Any]:
        """Of what is theirs."""
        if identifier not in (person, person + 1, 900001):
            raise NotFound("identifier", identifier)
        _refuse(reason)
        self.said.append(("out", person, identifier, by, reason))
        return {"persons": [person]}


_VERDICTS = ("not_taken", "otherwise", "misaddressed", "missed")


def _refuse(reason: str) -> None:
    if "138" in reason:
        raise UsageError("the reason stands in the log in clear")


def _held(reason: str) -> dict[str, Any]:
    facts = {
        "building": "3栋",
        "channel": None,
        "first_seen": AT,
        "last_seen": AT,
        "is_friend": True,
        "lifecycle": "buyer",
    }
    figures = {"paid_orders": 2, "gmv_fen": 16800, "lives_watched": 1, "groups": 1}
    return {
        "persons": [ONE, OTHER], "link": [ONE, OTHER], "types": ["wecom", "wecom"], "reason": reason,
        "type": "unionid" if reason == "limit" else "", "limit": 1 if reason == "limit" else None, "told_by": _EVENT,
        "candidates": [
            {"person_id": p, **facts, **figures, "identifiers": [{"surrogate": p, "type": "wecom", "erased": False}]}
            for p in (ONE, OTHER)
        ],
    }  # fmt: skip


def _decision(verdict: str, person: int) -> dict[str, Any]:
    return {
        "verdict": verdict, "position": 15, "at": AT, "type": "action.requested", "journey": "duanwu-welcome", "run": "r",
        "subject": person, "step": "0", "channel": "wecom.message", "action": "a", "reason": "cap", "outcome": "delivered",
        "inside": True, "engine": 1, "instead": "", "instead_at": "", "person_id": person,
    }  # fmt: skip
