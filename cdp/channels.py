"""The channels an action can go through, as facts that journeys and the outbox must agree on."""

from __future__ import annotations

from dataclasses import dataclass

from cdp.clock import SECOND


@dataclass(frozen=True)
class Channel:
    """One channel. What a platform does with it is the sink's business; this is what decisions depend on."""

    name: str
    purpose: str
    """`service` passes without consent; `promotion` needs it. A step may say otherwise."""
    reply: bool = False
    """An answer to what the person did this very moment: quiet hours and caps do not hold it back."""
    deadline: int | None = None
    """Microseconds after the trigger within which it must have been called."""
    needs: tuple[str, ...] = ()
    """Fields the triggering event must carry."""
    friend: bool = True
    """Whether the person must still be a friend of the staff member."""
    by_staff: bool = False
    """A staff member must confirm it; the platform's "ok" is not delivery."""
    message: bool = True
    """Whether the person sees it; only messages count against caps."""


CHANNELS: dict[str, Channel] = {
    c.name: c
    for c in (
        Channel("wecom.welcome", "service", reply=True, deadline=20 * SECOND, needs=("welcome_code",)),
        Channel("wecom.message", "promotion", by_staff=True),
        Channel("wecom.tag", "service", message=False),
    )
}
