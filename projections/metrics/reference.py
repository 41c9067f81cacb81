"""The reference of metrics: docs/metrics.md and docs/metrics.zh-CN.md, made from the definitions.

python -m projections.metrics.reference [DIRECTORY]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from projections.header import Said
from projections.metrics.registry import AREAS, USUAL_DAYS, Area, Metric, Unit, metrics, relations
from projections.periods import GRAINS

Language = Literal["en", "zh"]
FILES: Mapping[Language, str] = {"en": "metrics.md", "zh": "metrics.zh-CN.md"}

AREA_NAMES: Mapping[Area, Said] = {
    "live": Said("Live", "直播"),
    "groups": Said("Groups", "社群"),
    "mall": Said("Mall", "商城"),
    "customers": Said("Customers", "客户"),
}
UNIT_NAMES: Mapping[Unit, Said] = {
    "persons": Said("persons", "人"),
    "count": Said("a count", "次数"),
    "seconds": Said("seconds", "秒"),
    "fen": Said("fen", "分"),
    "ratio": Said("a ratio", "比率"),
    "times": Said("times", "倍"),
}


class _Words(NamedTuple):
    """What stands around the definitions' own texts."""

    intro: str
    unit: str
    period: str
    days: str
    less: str
    target: str
    by: str
    kept: str
    relations: str
    comma: str


_WORDS: Mapping[Language, _Words] = {
    "en": _Words(
        intro="""\
# Metrics

Made from `projections/metrics/definitions/*.sql` by `python -m projections.metrics.reference`. [中文](metrics.zh-CN.md)

Every figure has one definition, one name and one statement, here and nowhere else: `cdp metric`, `GET /v1/metrics/{name}`,
the interface, the notebooks and the table `metrics` all take it from the same file.

* Persons are counted after identities are merged, and once over all the days that are asked for: a week is not the sum of
  its days. Staff and test accounts are left out.
* Days are local days of the workspace's time zone; the first and the last are both in. A day that has not begun yet is no
  day on which nothing happened.
* A ratio whose denominator is empty is NULL, never 0. Money is in fen.
* `by` breaks a figure down by one dimension, by `day`, `week` (from Monday) or `month`, or by both.
* `compare` puts beside it the period before: as many days, right before it. Days, weeks and months of a period stand beside
  those that lie in the period before as they do in theirs. In the interface alone, a month that is not over is compared with
  the same days of the month before.
* A figure is `open` while it may still grow: its last day is not over.

```console
$ cdp metric                                                   all of them
$ cdp metric pay_conversion --since 2026-06-15 --until 2026-06-21 --by building --compare
$ cdp sql "SELECT name, definition, sql FROM metrics"
```
""",
        unit="Unit",
        period="Period",
        days="usually the last {days} days",
        less="less is better",
        target="target {target}",
        by="By",
        kept="Kept in",
        relations="What several metrics read",
        comma=", ",
    ),
    "zh": _Words(
        intro="""\
# 指标

由 `python -m projections.metrics.reference` 根据 `projections/metrics/definitions/*.sql` 生成，请勿手改。[English](metrics.md)

每个指标只有一个定义、一个名字、一条语句，只写在一处：`cdp metric`、`GET /v1/metrics/{name}`、界面、notebook 和 `metrics` 表
都取自同一个文件。

* 人数按合并身份后计算，在所问的全部日子里去重：一周的人数不是每天相加。员工和测试账号不计。
* 日期是工作区时区的本地日，首尾两天都包含。还没到的日子不算“没有动静的日子”。
* 分母为空的比率是 NULL，而不是 0。金额单位为分。
* `by` 可以按一个维度拆分，也可以按 `day` 日、`week` 周（周一起）、`month` 月拆分，或两者一起。
* `compare` 与上期并列：紧接在前的同样天数。拆成日、周、月时，与上期中位置相同的日子并列。只有界面上的“本月”是与上个月的同样日子比。
* 最后一天还没结束的数字标为 `open`，还会变。

```console
$ cdp metric                                                   列出全部指标
$ cdp metric pay_conversion --since 2026-06-15 --until 2026-06-21 --by building --compare
$ cdp sql "SELECT name, definition_zh, sql FROM metrics"
```
""",
        unit="单位",
        period="时段口径",
        days="默认最近 {days} 天",
        less="越低越好",
        target="目标 {target}",
        by="可按",
        kept="已存于",
        relations="多个指标共用的关系",
        comma="、",
    ),
}


def reference(language: Language) -> str:
    """The whole text of one of the FILES."""
    lines = [_WORDS[language].intro]
    for area in AREAS:
        lines.append(f"## {_said(AREA_NAMES[area], language)}\n")
        lines += [line for metric in metrics().values() if metric.area == area for line in _section(metric, language)]
    lines.append(f"## {_WORDS[language].relations}\n")
    for relation in relations():
        lines.append(f"### {relation.name}\n\n{_said(relation.said, language)}\n\n```sql\n{relation.sql}\n```\n")
    return "\n".join(lines)


def write(directory: Path) -> None:
    """Write both files into a directory."""
    for language, name in FILES.items():
        (directory / name).write_text(reference(language), encoding="utf-8")


def _section(metric: Metric, language: Language) -> Iterator[str]:
    words, colon = _WORDS[language], "：" if language == "zh" else ": "
    yield f"### {metric.name}\n"
    yield f"**{_said(metric.label, language)}**{colon}{_said(metric.definition, language)}\n"
    yield f"* {words.unit}{colon}{words.comma.join(_unit(metric, language))}"
    yield f"* {words.period}{colon}{_said(metric.period, language)}"
    dimensions = [f"`{dimension.name}` {_said(dimension.label, language)}" for dimension in metric.dimensions]
    yield f"* {words.by}{colon}{words.comma.join([*dimensions, *(f'`{grain}`' for grain in GRAINS)])}"
    for kept in metric.kept:
        by = words.comma.join(f"`{name}`" for name in kept.by)
        yield f"* {words.kept}{colon}`{kept.table}.{kept.column}`{words.comma}{words.by} {by}"
    yield f"\n```sql\n{metric.sql}\n```\n"


def _unit(metric: Metric, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    yield _said(UNIT_NAMES[metric.unit], language)
    if metric.less_is_better:
        yield words.less
    if metric.target is not None:
        yield words.target.format(target=f"{metric.target:g}")
    if metric.days != USUAL_DAYS:
        yield words.days.format(days=metric.days)


def _said(text: Said, language: Language) -> str:
    return text.zh if language == "zh" else text.en


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
