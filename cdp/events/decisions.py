"""What journeys decided, and what became of the actions they asked for."""

from __future__ import annotations

from typing import Any, Literal

from cdp.events.fields import Data, Id, Text


class Decision(Data, frozen=True, kw_only=True):
    """What every decision carries, so that replaying the log with exactly these gives the same decision."""

    journey: Id
    seen_position: int
    """The decision saw every fact up to this position, and every earlier decision."""
    now: int
    """The time it was decided at; the due time where a timer decided. Microseconds since the epoch."""
    engine: int
    """Version of the engine's rules."""
    config_position: int
    """Position of the `workspace.configured` it was decided under."""


class JourneyDeployed(Data, frozen=True, kw_only=True):
    """A journey's definition went live under a version."""

    journey: Id
    version: int
    file: Text
    digest: Id


class JourneyPaused(Data, frozen=True, kw_only=True):
    """A journey takes nobody in until it is deployed again; who is inside goes on."""

    journey: Id
    by: Text = ""


class JourneyEntered(Decision, frozen=True, kw_only=True):
    """A person entered. Everything fixed here is never computed again."""

    run: Id
    version: int
    subject: int
    """The surrogate the run is filed under: the actor's strongest at entry."""
    key: Text = ""
    trigger_position: int
    trigger_type: Text
    bucket: int = 0
    """0-9999, for splits and holdouts."""
    holdout: bool = False


class JourneyStepped(Decision, frozen=True, kw_only=True):
    """A run went through one step, or came to rest in it."""

    run: Id
    step: Id
    """Path of the step, as in `2` or `3.choose.0.1`."""
    kind: Id
    visit: int = 0
    next: Text = ""
    """Path of the step where the run now stands; empty at the end."""
    wake_at: int | None = None
    """When a timer is due, if the run waits for one."""
    saw: dict[str, Any] = {}
    """What a branch looked at: condition text -> value."""


class JourneyLeft(Decision, frozen=True, kw_only=True):
    """A run ended. `reason` is one of done, goal, exit, merged, erased, leave, superseded."""

    run: Id
    reason: Id
    detail: Text = ""


class ActionRequested(Decision, frozen=True, kw_only=True):
    """The outbox is to deliver this. Text is a template; it is rendered at delivery."""

    run: Id
    action: Id
    step: Id
    channel: Id
    """The sink, as in `wecom.welcome`, `wecom.message`, `wecom.tag`."""
    template: Text = ""
    attach: tuple[Text, ...] = ()
    params: dict[str, Any] = {}
    staff: Text = ""
    deadline: int | None = None
    """After this it is recorded as expired, and not called."""
    not_before: int | None = None
    trigger_position: int = 0


class ActionSuppressed(Decision, frozen=True, kw_only=True):
    """A gate said no."""

    run: Id
    action: Id
    step: Id
    channel: Id
    reason: Id
    detail: Text = ""


class Settled(Data, frozen=True, kw_only=True):
    """What every answer about an action carries."""

    action: Id
    run: Text = ""
    journey: Text = ""
    channel: Text = ""
    attempt: int = 1
    ref: Text = ""
    """The platform's own number for it."""
    code: int | None = None
    detail: Text = ""


class ActionAttempted(Settled, frozen=True, kw_only=True):
    """Written before the call: from here on it may have reached the person."""


class ActionDeferred(Settled, frozen=True, kw_only=True):
    """The platform said "not now" and took nothing; it is tried again at `next_at`."""

    next_at: int


class ActionAccepted(Settled, frozen=True, kw_only=True):
    """The platform took it, but a staff member has yet to confirm it. Accepted is not delivered."""


class ActionConfirmed(Settled, frozen=True, kw_only=True):
    """A staff member confirmed it."""

    by: Text = ""


class ActionDelivered(Settled, frozen=True, kw_only=True):
    """It reached the person, says the platform."""


class ActionFailed(Settled, frozen=True, kw_only=True):
    """It will not reach the person. `kind` says why: permanent, refused, capped, render, configuration, dead."""

    kind: Literal["permanent", "refused", "capped", "render", "configuration", "dead"] = "permanent"


class ActionExpired(Settled, frozen=True, kw_only=True):
    """Its deadline passed before it could be called; it was not called."""


class ActionUnknown(Settled, frozen=True, kw_only=True):
    """It was attempted and nobody knows how it ended. It is never sent again by itself."""


TYPES: dict[str, type[Data]] = {
    "journey.deployed": JourneyDeployed,
    "journey.paused": JourneyPaused,
    "journey.entered": JourneyEntered,
    "journey.stepped": JourneyStepped,
    "journey.left": JourneyLeft,
    "action.requested": ActionRequested,
    "action.suppressed": ActionSuppressed,
    "action.attempted": ActionAttempted,
    "action.deferred": ActionDeferred,
    "action.accepted": ActionAccepted,
    "action.confirmed": ActionConfirmed,
    "action.delivered": ActionDelivered,
    "action.failed": ActionFailed,
    "action.expired": ActionExpired,
    "action.unknown": ActionUnknown,
}
