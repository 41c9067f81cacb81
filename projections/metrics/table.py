"""The registry as a table for analysts: `metrics`, in the form in which every other table is described."""

from __future__ import annotations

from collections.abc import Iterator

from projections.metrics.registry import Metric, metrics
from projections.metrics.statement import text

_HEADER = """\
-- A row is one metric: what it means, and the statement that computes it for any stretch of days.
-- 一行是一个指标：它的定义，以及按任意一段日期计算它的语句。
-- key: name
-- refresh: read
-- column name: What programs call it. | 名称
-- column area: live, groups, mall or customers. | 所属：live 直播、groups 社群、mall 商城、customers 客户
-- column label: What people call it, in English. | 英文名
-- column label_zh: What people call it, in Chinese. | 中文名
-- column definition: What it means, in English. | 英文定义
-- column definition_zh: What it means, in Chinese. | 中文定义
-- column unit: persons, count, seconds, fen, ratio or times. | 单位：persons 人、count 次、seconds 秒、fen 分、ratio 比率、times 倍
-- column period: What a stretch of days means for it, in English. | 时段口径（英文）
-- column period_zh: What a stretch of days means for it, in Chinese. | 时段口径
-- column less_is_better: Less of it is better. | 是否越低越好
-- column target: What to stay below or to reach; NULL where there is no such figure. | 目标值；没有目标的为空
-- column dimensions: What it can be broken down by, beside day, week and month. | 除日、周、月外可以按什么拆分
-- column sql: The statement, from $since to $until, both days in. | 计算语句，参数 $since 和 $until 均含当天
"""


def description() -> str:
    """The table's header and the SELECT that lists all metrics."""
    names = "name, area, label, label_zh, definition, definition_zh, unit, period, period_zh, less_is_better, target, dimensions, sql"
    rows = ",\n".join(f"({', '.join(_cells(metric))})" for metric in metrics().values())
    return f"{_HEADER}SELECT * FROM (VALUES\n{rows}\n) AS every ({names})\n"


def _cells(metric: Metric) -> Iterator[str]:
    both = [part for said in (metric.label, metric.definition) for part in said]
    yield from map(_quoted, (metric.name, metric.area, *both, metric.unit, *metric.period))
    yield str(metric.less_is_better).upper()
    yield f"CAST({'NULL' if metric.target is None else metric.target} AS DOUBLE)"
    yield f"CAST([{', '.join(_quoted(dimension.name) for dimension in metric.dimensions)}] AS VARCHAR[])"
    yield _quoted(text(metric))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
