"""What came of it all: one JSON document, or a page for people, Chinese first."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from projections.funnel import STAGES

_OUTCOMES = {
    "delivered": "已送达",
    "suppressed": "被闸门拦下",
    "expired": "过了时限，没有发",
    "failed": "没能送到",
    "accepted": "等店主确认",
    "confirmed": "店主已确认",
    "requested": "排队中",
    "attempted": "正在送",
    "deferred": "稍后再试",
    "unknown": "结果不明",
}


@dataclass(frozen=True)
class DemoResult:
    """The figures of a demo, as `--json` prints them."""

    events: int
    persons: int
    merges: int
    failed: int
    duplicates: int
    journeys_entered: int
    journeys: dict[str, dict[str, Any]]
    """Journey -> its name, and how many entered."""
    actions: dict[str, int]
    funnel: list[int]
    seconds: float
    seed: int
    url: str
    workspace: str
    """Where the workspace is kept; empty if it was not."""

    def document(self) -> str:
        """One JSON document."""
        return json.dumps(asdict(self), ensure_ascii=False)


def show(result: DemoResult, console: Console) -> None:
    """Print the summary for people."""
    _heading(console, "《端午家宴》演完了", "the Dragon Boat campaign, played")
    console.print(_figures(result))
    _heading(console, "完整转化漏斗", "the full funnel")
    console.print(_funnel(result))
    _heading(console, "旅程", "journeys")
    console.print(_journeys(result))
    _heading(console, "触达结果", "actions by outcome")
    console.print(_actions(result))


def _heading(console: Console, chinese: str, english: str) -> None:
    console.print()
    console.print(Text(chinese, style="bold"), Text(english, style="dim"))


def _figures(result: DemoResult) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="left")
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    for name, value, english in (
        ("收到事件", f"{result.events:,}", "events in"),
        ("认出邻居", f"{result.persons:,}", "persons"),
        ("身份合并", f"{result.merges:,}", "identifiers that turned out to be somebody known"),
        ("重复投递", f"{result.duplicates:,}", "deliveries that came again and changed nothing"),
        ("没看懂的", f"{result.failed:,}", "failed, kept in the inbox"),
        ("进入旅程", f"{result.journeys_entered:,}", "journeys entered"),
        ("用时", f"{result.seconds:.1f} 秒", "seconds"),
    ):
        table.add_row(name, value, english)
    return table


def _funnel(result: DemoResult) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("步骤")
    table.add_column("人数", justify="right")
    table.add_column("单步转化率", justify="right")
    table.add_column("")
    table.add_column("", style="dim")
    first = max(result.funnel[0], 1)
    for index, (stage, count) in enumerate(zip(STAGES, result.funnel, strict=True)):
        before = result.funnel[index - 1] if index else 0
        rate = f"{count / before:.0%}" if before else ""
        bar = Text("█" * max(1, round(28 * count / first)), style="green")
        table.add_row(stage.label.zh, f"{count:,}", rate, bar, stage.name.replace("_", " "))
    return table


def _journeys(result: DemoResult) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for journey, figures in sorted(result.journeys.items(), key=lambda pair: -int(pair[1]["entered"])):
        table.add_row(
            str(figures["name"]), Text(f"{figures['entered']:,} 人", style="bold"), Text(journey, style="dim")
        )
    return table


def _actions(result: DemoResult) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for outcome, count in sorted(result.actions.items(), key=lambda pair: -pair[1]):
        table.add_row(_OUTCOMES.get(outcome, outcome), Text(f"{count:,} 条", style="bold"), Text(outcome, style="dim"))
    return table
