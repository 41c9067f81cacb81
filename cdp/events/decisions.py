"""What journeys decided, and what became of the actions they asked for."""

from __future__ import annotations

from typing import Any, Literal

from cdp.events.fields import Data, Id, Position, Stamp, Text


class Decision(Data, frozen=True, kw_only=True):
    """What every decision carries, so that replaying the log with exactly these gives the same decision."""

    journey: Id
    """The journey's id."""
    seen_position: Position
    """The decision saw every fact up to this position, and every earlier decision."""
    now: Stamp
    """The time it was decided at; the due time where a timer decided."""
    engine: int
    """Version of the engine's rules."""
    config_position: Position
    """Position of the `workspace.configured` it was decided under."""


class JourneyDeployed(Data, frozen=True, kw_only=True):
    """A journey's definition went live under a version."""

    journey: Id
    """The journey's id."""
    version: int
    """Counted from 1."""
    file: Text
    """Path of its file inside the workspace."""
    digest: Id
    """A digest of its text."""


class JourneyPaused(Data, frozen=True, kw_only=True):
    """A journey takes nobody in until it is deployed again; who is inside goes on."""

    journey: Id
    """The journey's id."""
    by: Text = ""
    """Who asked for it."""


class JourneyEntered(Decision, frozen=True, kw_only=True):
    """A person entered. Everything fixed here is never computed again."""

    run: Id
    """The run's id."""
    version: int
    """The version that the run keeps."""
    subject: int
    """The surrogate the run is filed under: the actor's strongest at entry."""
    key: Text = ""
    """Value of the entry's key; one run per person and key."""
    trigger_position: Position
    """Position of the event that let the person in."""
    trigger_type: Text
    """That event's type."""
    bucket: int = 0
    """0-9999, for splits and holdouts."""
    holdout: bool = False
    """Whether the run only watches, for comparison."""


class JourneyStepped(Decision, frozen=True, kw_only=True):
    """A run went through one step, or came to rest in it."""

    run: Id
    """The run's id."""
    step: Id
    """Path of the step, as in `2` or `3.choose.0.1`."""
    kind: Id
    """The step's kind: send, wait, choose, …"""
    visit: int = 0
    """How many times the run was here before."""
    next: Text = ""
    """Path of the step where the run now stands; empty at the end."""
    wake_at: Stamp | None = None
    """When a timer is due, if the run waits for one."""
    saw: dict[str, Any] = {}
    """What a branch looked at: condition text -> value."""


class JourneyLeft(Decision, frozen=True, kw_only=True):
    """A run ended. `reason` is one of done, goal, exit, merged, erased, leave, superseded."""

    run: Id
    """The run's id."""
    reason: Id
    """Why it ended."""
    detail: Text = ""
    """More about it."""


class ActionRequested(Decision, frozen=True, kw_only=True):
    """The outbox is to deliver this. Text is a template; it is rendered at delivery."""

    run: Id
    """The run's id."""
    action: Id
    """The action's id."""
    step: Id
    """Path of the step."""
    channel: Id
    """The sink, as in `wecom.welcome`, `wecom.message`, `wecom.tag`."""
    template: Text = ""
    """The text before it is rendered."""
    attach: tuple[Text, ...] = ()
    """Files to send along."""
    params: dict[str, Any] = {}
    """What else the sink needs."""
    staff: Text = ""
    """On whose behalf."""
    deadline: Stamp | None = None
    """After this it is recorded as expired, and not called."""
    not_before: Stamp | None = None
    """It waits until then."""
    trigger_position: Position = 0
    """Position of the event that the text may speak of."""


class ActionSuppressed(Decision, frozen=True, kw_only=True):
    """A gate said no."""

    run: Id
    """The run's id."""
    action: Id
    """The action's id."""
    step: Id
    """Path of the step."""
    channel: Id
    """The sink."""
    reason: Id
    """Which gate."""
    detail: Text = ""
    """More about it."""


class Settled(Data, frozen=True, kw_only=True):
    """What every answer about an action carries."""

    action: Id
    """The action's id."""
    run: Text = ""
    """The run's id."""
    journey: Text = ""
    """The journey's id."""
    channel: Text = ""
    """The sink."""
    attempt: int = 1
    """Counted from 1."""
    ref: Text = ""
    """The platform's own number for it."""
    code: int | None = None
    """The platform's error code."""
    detail: Text = ""
    """More about it."""
    by: Text = ""
    """Who said so, where a person did."""


class ActionAttempted(Settled, frozen=True, kw_only=True):
    """Written before the call: from here on it may have reached the person."""


class ActionDeferred(Settled, frozen=True, kw_only=True):
    """It is tried again at `next_at`: the platform said "not now" and took nothing, or a person asks for another try."""

    next_at: Stamp
    """When it is tried again."""


class ActionAccepted(Settled, frozen=True, kw_only=True):
    """The platform took it, but a staff member has yet to confirm it. Accepted is not delivered."""


class ActionConfirmed(Settled, frozen=True, kw_only=True):
    """A staff member confirmed it."""


class ActionDelivered(Settled, frozen=True, kw_only=True):
    """It reached the person, says the platform, or a person who knows."""


class ActionFailed(Settled, frozen=True, kw_only=True):
    """It will not reach the person. `kind` says why: permanent, refused, capped, render, configuration, dead, withdrawn."""

    kind: Literal["permanent", "refused", "capped", "render", "configuration", "dead", "withdrawn"] = "permanent"
    """Why it will not; `withdrawn` by a person, `dead` after its last attempt."""


class ActionExpired(Settled, frozen=True, kw_only=True):
    """Its deadline passed before it could be called; it was not called."""


class ActionUnknown(Settled, frozen=True, kw_only=True):
    """It was attempted and nobody knows how it ended. It is never sent again by itself."""


class OutboxHeld(Data, frozen=True, kw_only=True):
    """From here on nothing is delivered; what is requested waits."""

    by: Text = ""
    """Who holds it."""
    reason: Text = ""
    """Why."""


class OutboxReleased(Data, frozen=True, kw_only=True):
    """Delivering goes on."""

    by: Text = ""
    """Who released it."""


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
    "outbox.held": OutboxHeld,
    "outbox.released": OutboxReleased,
}
