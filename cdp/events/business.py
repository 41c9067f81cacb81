"""What the shop itself does and decides: costs, plans, configuration, the end of a day."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from cdp.events.fields import Count, Data, Fen, Id, Text

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class CostRecorded(Data, frozen=True, kw_only=True):
    """Money spent on a channel in a period (both days inclusive)."""

    channel: Id
    """The channel the money was for."""
    fen: Fen
    """How much."""
    since: Day
    """First day, `YYYY-MM-DD`."""
    until: Day
    """Last day, `YYYY-MM-DD`."""
    note: Text = ""
    """What for."""


class CampaignPlanned(Data, frozen=True, kw_only=True):
    """A campaign and its T date. `context.campaign` names it, `context.live` a live that belongs to it."""

    name: Text = ""
    """The campaign's name."""
    t_date: Day | None = None
    """Its T date, `YYYY-MM-DD`."""


class WorkspaceConfigured(Data, frozen=True, kw_only=True):
    """The full content of everything a decision or a table may read, so that the log alone reproduces them all."""

    settings: dict[str, Any]
    """Time zone, gates, identity rules, how fields of profiles are kept, what customers are valued and scored by."""
    files: dict[str, str]
    """Path inside the workspace -> whole text: journeys, traits, tags, campaigns."""
    digest: Id
    """A digest of settings and files."""


class InboxCount(Data, frozen=True, kw_only=True):
    """How many items of one source had come to one outcome, since the beginning."""

    source: Text
    """The source that their events carry."""
    outcome: Id
    """accepted, duplicate, failed, ignored or pending; refused counts whole requests."""
    reason: Text = ""
    """Why, where there is a reason."""
    items: Count
    """How many."""


class DayClosed(Data, frozen=True, kw_only=True):
    """A local day is over: from here on, `day` is the last complete day."""

    day: Day
    """The local day, `YYYY-MM-DD`."""
    inbox: tuple[InboxCount, ...] | None = None
    """What the inbox held when it ended, as far as bodies and what could not be taken are kept there; left out where
    nobody looked."""


TYPES: dict[str, type[Data]] = {
    "cost.recorded": CostRecorded,
    "campaign.planned": CampaignPlanned,
    "workspace.configured": WorkspaceConfigured,
    "day.closed": DayClosed,
}
