"""What the platforms know: a fold over the receipts, so that a restarted sandbox knows it again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cdp.app.sandbox.journal import Record
from cdp.clock import local_day

ZONE = "Asia/Shanghai"


@dataclass
class Relation:
    """A staff member has a customer. `left`: the customer removed the staff member, who still has them."""

    since: int
    left: bool = False
    state: str = ""
    remark: str = ""
    tags: set[str] = field(default_factory=set)


@dataclass
class WelcomeCode:
    """One welcome: for whom, from when on, and whether it was used."""

    staff: str
    person: str
    issued_at: int
    used: bool = False


@dataclass
class Task:
    """A mass message that staff has to confirm; person -> staff member, and person -> status once confirmed."""

    content: Record
    created_at: int
    recipients: dict[str, str]
    results: dict[str, int] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    """Staff member -> when they confirmed."""


@dataclass
class World:
    """Everything the platforms know."""

    contacts: dict[str, Record] = field(default_factory=dict)
    relations: dict[tuple[str, str], Relation] = field(default_factory=dict)
    """(staff, person) -> their relation."""
    groups: dict[str, dict[str, int]] = field(default_factory=dict)
    """Group -> member -> since when."""
    codes: dict[str, WelcomeCode] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Tag id -> (group, name)."""
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(person, month) -> mass messages."""
    last: int = 0

    def apply(self, record: Record) -> None:
        """Take one receipt into account."""
        self.last = max(self.last, record["at"])
        match record["effect"]:
            case "contact":
                self._contact(record)
            case "befriended":
                kept = self.relations.get((record["staff"], record["person"]))
                since = kept.since if kept and not kept.left else record["at"]
                self.relations[record["staff"], record["person"]] = Relation(since, state=record.get("state", ""))
                self.contacts.setdefault(record["person"], {"external_userid": record["person"], "name": ""})
            case "left":
                self.relations.setdefault((record["staff"], record["person"]), Relation(record["at"])).left = True
            case "removed":
                self.relations.pop((record["staff"], record["person"]), None)
            case "code":
                self.codes[record["code"]] = WelcomeCode(record["staff"], record["person"], record["issued_at"])
            case "joined":
                self.groups.setdefault(record["group"], {})[record["person"]] = record["at"]
            case "parted":
                self.groups.get(record["group"], {}).pop(record["person"], None)
            case _:
                self._act(record)

    def followers(self, person: str) -> list[tuple[str, Relation]]:
        """Who has this customer, the earliest first."""
        found = [(staff, relation) for (staff, who), relation in self.relations.items() if who == person]
        return sorted(found, key=lambda pair: (pair[1].since, pair[0]))

    def month(self, at: int) -> str:
        """The calendar month that caps count by."""
        return local_day(at, ZONE).strftime("%Y-%m")

    def _contact(self, record: Record) -> None:
        contact = record["contact"]
        self.contacts[contact["external_userid"]] = contact
        if contact.get("staff") and contact.get("friend", True):
            self.relations.setdefault((contact["staff"], contact["external_userid"]), Relation(record["at"]))

    def _act(self, record: Record) -> None:
        """What a call or a confirmation did."""
        match record["effect"]:
            case "delivered" if record["channel"] == "wecom.welcome":
                self.codes[record["code"]].used = True
            case "accepted":
                self.tasks[record["ref"]] = Task(record["content"], record["at"], record["recipients"])
            case "delivered" | "not_friend" | "capped":
                self._settled(record)
            case "tags_made":
                self.tags |= {tag["id"]: (record["group"], tag["name"]) for tag in record["tags"]}
            case "tagged":
                relation = self.relations[record["staff"], record["person"]]
                relation.tags = (relation.tags | set(record["add"])) - set(record["remove"])
            case "remarked":
                self.relations[record["staff"], record["person"]].remark = record["remark"]

    def _settled(self, record: Record) -> None:
        task = self.tasks[record["ref"]]
        task.results[record["person"]] = record["status"]
        task.confirmed[record["staff"]] = record["at"]
        if record["effect"] == "delivered":
            self.received[record["person"], self.month(record["at"])] += 1
