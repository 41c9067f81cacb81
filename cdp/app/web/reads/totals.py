"""Figures of live, groups and mall over some days, beside those before: which are shown where, all by the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cdp.app.web.reads.reader import Reader
from projections.metrics import Figure, Metric, measure, metric
from projections.periods import Period

AREAS: Mapping[str, tuple[str, ...]] = {
    "live": ("live_viewers", "average_watch", "lead_rate", "live_conversion", "live_gmv"),
    "groups": ("members", "messages", "interaction_rate", "leave_rate", "promotion_share"),
    "mall": ("visitors", "gmv", "pay_conversion", "spend_per_buyer", "pickup_rate"),
}
"""The figures of each ring of the loop."""
DAILY: Mapping[str, tuple[str, ...]] = {
    "groups": ("interaction_rate", "messages", "active_members", "joined", "gone"),
    "mall": (
        "gmv", "visitors", "buyers", "paid_orders", "pay_conversion", "spend_per_buyer", "refunded", "pickup_rate",
    ),
}  # fmt: skip
"""Those that are shown day by day."""
OF_A_GROUP = ("members", "interaction_rate", "messages", "joined", "gone", "leave_rate", "promotion_share")
"""Those that are shown group by group."""


def total(reader: Reader, name: str, period: Period, before: Period) -> tuple[Metric, Figure, Figure]:
    """One metric over a period, and over the one before."""
    wanted = metric(name)
    row = measure(reader, wanted, period, before=before).total
    return wanted, row.now, row.before or Figure(None)


def days(reader: Reader, names: Sequence[str], period: Period) -> list[dict[str, Any]]:
    """A row a day: `day`, and each of these metrics. A day on which nothing happened is a row too."""
    rows: dict[date, dict[str, Any]] = {day.since: {"day": day.since} for day in period.pieces("day")}
    for name in names:
        for row in measure(reader, metric(name), period, by=["day"]).rows:
            rows[row.period.since][name] = row.now.value
    return list(rows.values())


def groups(reader: Reader, period: Period) -> list[dict[str, Any]]:
    """A row a group: its name, and its figures over the period; the largest first."""
    known = reader.rows("SELECT group_id, name FROM groups")
    names = {row["group_id"]: row["name"] for row in known}
    rows: dict[str, dict[str, Any]] = {}
    for name in OF_A_GROUP:
        wanted = metric(name)
        for row in measure(reader, wanted, period, by=["group"]).rows:
            group = row.slice or ""
            rows.setdefault(group, {"group_id": group, "name": names.get(group)})[name] = row.now.value
    nothing = {name: metric(name).empty for name in OF_A_GROUP}
    found = [{**nothing, **row} for row in rows.values()]
    return sorted(found, key=lambda row: (-(row["members"] or 0), row["name"] or "", row["group_id"]))
