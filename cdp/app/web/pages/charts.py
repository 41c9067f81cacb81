"""Chart options as data: what ECharts is to draw, in the page's colours (`--bar` and the like)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Values = Sequence[float | None]


def lines(labels: Sequence[str], now: tuple[str, Values], before: tuple[str, Values] | None = None) -> dict[str, Any]:
    """A filled line, and dashed behind it the same figure of the period before, day by day."""
    series = [_line(*now, color="--bar", area=True)]
    if before is not None:
        series.insert(0, _line(*before, color="--before", dashed=True))
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 8, "right": 22, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 18, "itemHeight": 8, "textStyle": {"color": "--soft"}},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "boundaryGap": False,
            "data": list(labels),
            "axisLine": {"lineStyle": {"color": "--line"}},
            "axisTick": {"show": False},
            "axisLabel": {"color": "--soft", "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "splitNumber": 3,
            "axisLabel": {"color": "--soft"},
            "splitLine": {"lineStyle": {"color": "--line"}},
        },
        "series": series,
    }


def _line(name: str, values: Values, color: str, area: bool = False, dashed: bool = False) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "line",
        "name": name,
        "data": list(values),
        "showSymbol": False,
        "smooth": 0.15,
        "smoothMonotone": "x",
        "color": color,
        "lineStyle": {"width": 2, "color": color, "type": "dashed" if dashed else "solid"},
    }
    return line | ({"areaStyle": {"color": color, "opacity": 0.12}} if area else {})
