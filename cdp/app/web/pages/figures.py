"""Numbers as people read them: 万/亿 in Chinese, k/M in English, a sign on every change, "—" where there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from cdp.clock import to_datetime, zone

NOTHING = "—"
KINDS: Mapping[str, str] = {
    "persons": "count",
    "count": "count",
    "fen": "money",
    "ratio": "percent",
    "seconds": "seconds",
    "times": "times",
}
"""How a metric of a unit is written."""

_SCALES = {"zh": ((1e8, "亿"), (1e4, "万")), "en": ((1e6, "M"), (1e4, "k"))}
_DIVISORS = {"k": 1e3}
_SPANS = {
    "zh": ((86_400, "天"), (3600, "小时"), (60, "分钟"), (0, "秒")),
    "en": ((86_400, "d"), (3600, "h"), (60, "min"), (0, "s")),
}


@dataclass(frozen=True)
class Change:
    """How a figure moved against the period before."""

    text: str
    direction: Literal["up", "down", "flat", "none"]


@dataclass(frozen=True)
class Figures:
    """Formats for one language and zone. None is an empty denominator and shows as a dash, never as 0."""

    language: str
    timezone: str

    def count(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        for limit, unit in _SCALES[self.language]:
            if abs(value) >= limit:
                return _short(value / _DIVISORS.get(unit, limit)) + unit
        return f"{value:,.0f}"

    def money(self, fen: float | None) -> str:
        if fen is None:
            return NOTHING
        yuan, sign = abs(fen) / 100, "-" if fen < 0 else ""
        if yuan >= 10_000:
            return f"{sign}¥{self.count(yuan)}"
        cents = 2 if yuan < 1000 and round(abs(fen)) % 100 else 0
        return f"{sign}¥{yuan:,.{cents}f}"

    def percent(self, ratio: float | None) -> str:
        return NOTHING if ratio is None else f"{ratio * 100:.1f}%"

    def seconds(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        minutes, seconds = divmod(round(value), 60)
        if self.language == "zh":
            return f"{minutes}分{seconds:02d}秒" if minutes else f"{seconds}秒"
        return f"{minutes}m {seconds:02d}s" if minutes else f"{seconds}s"

    def span(self, micros: int | None) -> str:
        """A length of time in its largest unit: `3 小时`, `2 d`."""
        if micros is None:
            return NOTHING
        seconds = micros / 1e6
        size, unit = next((size, unit) for size, unit in _SPANS[self.language] if seconds >= size)
        return f"{_short(round(seconds / (size or 1), 1))} {unit}"

    def times(self, value: float | None) -> str:
        return NOTHING if value is None else f"{value:,.1f}×"

    def show(self, kind: str, value: float | None) -> str:
        """Format by kind: count, money, percent, seconds or times."""
        formats = {
            "count": self.count,
            "money": self.money,
            "percent": self.percent,
            "seconds": self.seconds,
            "times": self.times,
        }
        return formats[kind](value)

    def change(self, kind: str, now: float | None, before: float | None) -> Change:
        """Relative for amounts, in percentage points for ratios; none where there is nothing to compare with."""
        if now is None or before is None or (kind != "percent" and before == 0):
            return Change(NOTHING, "none")
        delta = (now - before) * 100 if kind == "percent" else (now - before) / before * 100
        if abs(delta) < 0.05:
            return Change("±0", "flat")
        points = {"zh": " 点", "en": " pt"}[self.language]
        return Change(f"{delta:+,.1f}{points if kind == 'percent' else '%'}", "up" if delta > 0 else "down")

    def moment(self, value: datetime | int | None, form: str = "%Y-%m-%d %H:%M") -> str:
        """A moment in the shop's zone."""
        if value is None:
            return NOTHING
        moment = to_datetime(value) if isinstance(value, int) else value
        return moment.astimezone(zone(self.timezone)).strftime(form)

    def day(self, value: date | None) -> str:
        """A day with its weekday."""
        if value is None:
            return NOTHING
        weekday = "一二三四五六日"[value.weekday()] if self.language == "zh" else f"{value:%a}"
        return f"{value:%m-%d} 周{weekday}" if self.language == "zh" else f"{weekday} {value:%m-%d}"


def _short(value: float) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
