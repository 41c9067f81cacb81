"""Live streams. `context.live` names the live."""

from __future__ import annotations

from cdp.events.fields import Count, Data, Id, Moment, Sealed, Seconds, Text


class LiveScheduled(Data, frozen=True, kw_only=True):
    """A live was announced for a time."""

    title: Text = ""
    """The live's title."""
    starts_at: Moment | None = None
    """When it is to begin."""


class LiveStarted(Data, frozen=True, kw_only=True):
    """The live began."""

    title: Text = ""
    """The live's title."""


class LiveEnded(Data, frozen=True, kw_only=True):
    """The live ended."""


class LiveReserved(Data, frozen=True, kw_only=True):
    """The person reserved a seat (预约)."""


class LiveEntered(Data, frozen=True, kw_only=True):
    """The person came in."""

    session: Text = ""
    """The platform's id of this visit, where it has one; pairs entering with leaving."""


class LiveLeft(Data, frozen=True, kw_only=True):
    """The person went out."""

    session: Text = ""
    """The platform's id of this visit, where it has one."""
    entered_at: Moment | None = None
    """When this visit began, where the platform says so."""


class LiveWatched(Data, frozen=True, kw_only=True):
    """Watch time seen by polling: `total_seconds` is the person's total in this live so far, replay left out."""

    total_seconds: Seconds
    """The person's watch time in this live so far."""
    replay_seconds: Seconds = 0
    """Watch time of the replay."""


class LiveLiked(Data, frozen=True, kw_only=True):
    """The person liked."""

    count: Count = 1
    """How many likes at once."""


class LiveCommented(Data, frozen=True, kw_only=True):
    """The person commented."""

    text: Sealed | None = None
    """What was written."""


class LiveShared(Data, frozen=True, kw_only=True):
    """The person shared the live."""

    to: Text = ""
    """Where to, where the platform says so."""


class LiveProductClicked(Data, frozen=True, kw_only=True):
    """The person opened a product in the room. `context.product` names it."""

    product: Id
    """The product's id."""
    title: Text = ""
    """Its title."""


TYPES: dict[str, type[Data]] = {
    "live.scheduled": LiveScheduled,
    "live.started": LiveStarted,
    "live.ended": LiveEnded,
    "live.reserved": LiveReserved,
    "live.entered": LiveEntered,
    "live.left": LiveLeft,
    "live.watched": LiveWatched,
    "live.liked": LiveLiked,
    "live.commented": LiveCommented,
    "live.shared": LiveShared,
    "live.product_clicked": LiveProductClicked,
}
