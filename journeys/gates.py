"""The gates at every send, in their order. Each "no" has a reason; quiet hours may hold instead.

holdout → deadline → what the channel needs → friend still there → consent → the text's fields → catching up and quiet
hours → caps. Replies (a welcome) pass quiet hours and caps, and do not count against them; tags are no messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdp.channels import CHANNELS, Channel
from cdp.clock import MINUTE
from cdp.errors import CdpError, MissingField
from cdp.events.event import Event
from journeys.definition import Journey
from journeys.gate_rules import Cap, Quiet
from journeys.moves import Request
from journeys.scope import clear_values, scope_of, sealed_references
from journeys.shop import Shop
from journeys.state import Person, Run
from journeys.template import fill

CATCHING_UP = MINUTE
"""A send decided this much later than it was due (the engine stood still) first takes in what happened meanwhile."""


@dataclass(frozen=True)
class Pass:
    """It goes out."""

    staff: str
    deadline: int | None
    values: Mapping[str, Any]
    sealed: Mapping[str, str]


@dataclass(frozen=True)
class No:
    """It does not go out."""

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Hold:
    """It is asked again at that moment, from the first gate on."""

    until: int


Verdict = Pass | No | Hold


@dataclass(frozen=True)
class Asked:
    """Everything a gate may look at. `now` is when the send was due, `at` is what time it really is."""

    request: Request
    channel: Channel
    person: Person
    run: Run
    journey: Journey
    shop: Shop
    now: int
    at: int


def judge(request: Request, person: Person, run: Run, journey: Journey, shop: Shop, now: int, at: int) -> Verdict:
    """What the gates say."""
    asked = Asked(request, CHANNELS[request.channel], person, run, journey, shop, now, at)
    for gate in (_holdout, _deadline, _needs, _friend, _consent):
        if (no := gate(asked)) is not None:
            return no
    values, sealed = _fields(asked)
    for verdict in (_text(asked, values, sealed), _quiet(asked), _caps(asked)):
        if verdict is not None:
            return verdict
    return Pass(_staff(asked), _deadline_of(asked), values, sealed)


def _holdout(asked: Asked) -> No | None:
    return No("holdout") if asked.run.holdout else None


def _deadline(asked: Asked) -> No | None:
    deadline = _deadline_of(asked)
    return No("deadline", f"due by {deadline}") if deadline is not None and asked.at > deadline else None


def _deadline_of(asked: Asked) -> int | None:
    trigger = asked.run.trigger
    if asked.channel.deadline is None or trigger is None:
        return None
    return trigger.occurred_at + asked.channel.deadline


def _needs(asked: Asked) -> No | None:
    trigger: Event | None = asked.run.trigger
    missing = [name for name in asked.channel.needs if trigger is None or not trigger.data.get(name)]
    return No("missing", ", ".join(missing)) if missing else None


def _friend(asked: Asked) -> No | None:
    if not asked.channel.friend:
        return None
    friends = [f for f in asked.person.friends.values() if f.friends and (asked.channel.reply or not f.half)]
    return None if friends else No("not_friend")


def _consent(asked: Asked) -> No | None:
    """What was said last about this purpose and channel. Unsaid: service passes, and so does promotion to whoever
    added the shop themselves; of an imported friend nobody knows."""
    if not asked.channel.message:
        return None
    purpose, channel = asked.request.purpose, asked.channel.name
    said = [
        known for about in ((purpose, ""), (purpose, channel)) if (known := asked.person.consent.get(about)) is not None
    ]  # fmt: skip
    if said:
        return None if max(said, key=lambda known: known.since).value else No("consent", "withdrawn")
    if purpose == "service":
        return None
    added = any(f.friends and not f.historical for f in asked.person.friends.values())
    return None if added else No("consent", "unknown")


def _fields(asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    fields = asked.request.template.fields if asked.request.template else ()
    scope = scope_of(asked.person, asked.shop, asked.now, entry=asked.run.trigger)
    sealed = sealed_references(fields, asked.person, asked.run.trigger)
    return clear_values([f for f in fields if f not in sealed], scope), sealed


def _text(asked: Asked, values: Mapping[str, Any], sealed: Mapping[str, str]) -> No | None:
    """Whether the text can be filled; what is sealed counts as there and is opened at delivery."""
    if asked.request.template is None:
        return None
    try:
        fill(asked.request.template.text, {**values, **dict.fromkeys(sealed, "…")})
    except MissingField as missing:
        return No("template", missing.field)
    except CdpError as error:
        return No("template", str(error))
    return None


def _quiet(asked: Asked) -> No | Hold | None:
    if asked.channel.reply:
        return None
    if asked.at - asked.now > CATCHING_UP:
        return Hold(asked.at)
    quiet = asked.journey.gates.over(asked.shop.gates).quiet
    if not asked.channel.message or not isinstance(quiet, Quiet):
        return None
    until = quiet.until(asked.at, asked.shop.tz)
    if until is None:
        return None
    return No("quiet") if quiet.drop else Hold(until)


def _caps(asked: Asked) -> No | None:
    if asked.channel.reply or not asked.channel.message:
        return None
    caps = asked.journey.gates.over(asked.shop.gates).caps or ()
    reached = next((cap for cap in caps if _reached(cap, asked)), None)
    return No("cap", str(reached)) if reached is not None else None


def _reached(cap: Cap, asked: Asked) -> bool:
    if cap.channel not in ("", asked.channel.name):
        return False
    since = cap.since(asked.at, asked.shop.tz)
    counted = [m for m in asked.person.messages if m.at >= since and cap.channel in ("", m.channel)]
    return len(counted) >= cap.count


def _staff(asked: Asked) -> str:
    """Whoever the trigger was about, for an answer to it; else the staff member who became a friend last."""
    trigger = asked.run.trigger
    if asked.channel.reply and trigger is not None and trigger.data.get("staff"):
        return str(trigger.data["staff"])
    return asked.person.staff()
