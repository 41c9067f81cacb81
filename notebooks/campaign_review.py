"""战役复盘：只读已发布的 Parquet 文件，服务器照常运行。

marimo edit notebooks/campaign_review.py -- --published data/published/current
python notebooks/campaign_review.py --published data/published/current
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="战役复盘")


@app.cell
def _():
    import json
    import os
    import sys
    from datetime import date, timedelta
    from pathlib import Path

    import duckdb
    import marimo as mo
    import polars as pl

    from projections.funnel import FULL_FUNNEL, funnel
    from projections.metrics import kept_in, measure, metric
    from projections.periods import Period

    return FULL_FUNNEL, Path, Period, date, duckdb, funnel, json, kept_in, measure, metric, mo, os, pl, sys, timedelta


@app.cell
def _(Path, duckdb, json, mo, os, sys):
    # 命令行优先，其次环境变量，最后是工作区里的默认位置。先解析符号链接：复盘途中换了新版本也不受影响。
    _named = mo.cli_args().get("published") or (
        sys.argv[sys.argv.index("--published") + 1] if "--published" in sys.argv[:-1] else None
    )
    published = Path(_named or os.environ.get("CDP_PUBLISHED", "data/published/current")).resolve()
    if not (published / "manifest.json").is_file():
        raise SystemExit(f"{published} 里没有已发布的数据；先运行 cdp export")
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    con = duckdb.connect()
    con.execute(f"SET TimeZone = '{manifest['timezone']}'")
    for _table in manifest["tables"]:
        _files = sorted(str(file) for file in published.glob(_table["path"]))
        if _files:
            _days = ", hive_partitioning = true, hive_types = {'day': DATE}" if "*" in _table["path"] else ""
            con.execute(f"CREATE VIEW {_table['name']} AS SELECT * FROM read_parquet({_files!r}{_days})")
    return con, manifest, published


@app.cell
def _(con, pl):
    class Tables:
        """漏斗和指标要的就是这一个方法。"""

        def arrow(self, sql, params):
            return con.sql(sql, params=dict(params) or None).to_arrow_table()

    tables = Tables()

    def query(sql):
        """一条 SQL，一张 Polars 表。"""
        return pl.from_arrow(tables.arrow(sql, {}))

    return query, tables


@app.cell
def _(Period, date, manifest, query, timedelta):
    # 复盘看最近 30 天，到最近一个完整的日子为止。
    _last = query("SELECT MAX(day) AS day FROM touchpoints").row(0)[0]
    today = date.fromisoformat(manifest["today"]) if manifest["today"] else _last or date(1970, 1, 1)
    whole = Period(today - timedelta(days=29), today)
    return today, whole


@app.cell
def _(kept_in, measure, metric, pl, tables, whole):
    # 名称、定义、单位和算法都来自指标登记处，notebook 里不再写第二遍。
    def told(unit, value):
        """一个数怎么写：金额换成元，比率保留四位小数。"""
        if value is None:
            return None
        return value / 100 if unit == "fen" else round(value, 4) if unit == "ratio" else value

    def heading(one):
        return one.label.zh + ("（元）" if one.unit == "fen" else "")

    def by(dimension, *names):
        """一行是维度的一个值，一列是一个指标。"""
        found = {name: measure(tables, metric(name), whole, by=[dimension]).rows for name in names}
        slices = list(dict.fromkeys(row.slice for rows in found.values() for row in rows))
        columns = {dimension: slices}
        for name, rows in found.items():
            values = {row.slice: told(metric(name).unit, row.now.value) for row in rows}
            columns[heading(metric(name))] = [values.get(value) for value in slices]
        return pl.DataFrame(columns)

    def by_day(*names):
        """一行是一天，一列是一个指标。"""
        found = {name: measure(tables, metric(name), whole, by=["day"]).rows for name in names}
        days = {"日期": [day.since for day in whole.pieces("day")]}
        return pl.DataFrame(
            days | {heading(metric(n)): [told(metric(n).unit, r.now.value) for r in rows] for n, rows in found.items()}
        )

    def kept(table, frame):
        """表里存着指标的列，换成指标的名称和单位。"""
        columns = {}
        for column in frame.columns:
            one = kept_in(table, column)
            values = frame[column].to_list()
            columns[heading(one) if one else column] = [told(one.unit, v) for v in values] if one else values
        return pl.DataFrame(columns)

    def defined(*names):
        """这些指标的定义，给读表的人看。"""
        return "\n".join(f"* **{metric(n).label.zh}**：{metric(n).definition.zh}" for n in names)

    return by, by_day, defined, kept, told


@app.cell
def _(manifest, mo, query):
    people = query(
        """
        SELECT
            COUNT(*) AS persons,
            SUM(CASE WHEN is_friend THEN 1 ELSE 0 END) AS friends,
            SUM(CASE WHEN paid_orders > 0 THEN 1 ELSE 0 END) AS buyers,
            CAST(COALESCE(SUM(gmv_fen), 0) AS BIGINT) AS gmv_fen
        FROM persons
        WHERE NOT is_staff
        """
    ).row(0, named=True)
    mo.md(
        f"""
        # 战役复盘

        数据截至日志第 **{manifest["position"]:,}** 条（{manifest["recorded_at"]}），最近一个完整的日子是 **{manifest["today"] or "——"}**。
        人数都按合并身份后计算，员工和测试账号不计；金额是实付减退款。

        一共认识 **{people["persons"]:,}** 位街坊，其中 **{people["friends"] or 0:,}** 位是企微好友，
        **{people["buyers"] or 0:,}** 位买过东西，累计成交 **¥{people["gmv_fen"] / 100:,.2f}**。
        """
    )
    return (people,)


@app.cell
def _(FULL_FUNNEL, funnel, mo, pl, tables):
    full = funnel(tables, FULL_FUNNEL)
    steps = pl.DataFrame(
        {
            "步骤": [step.label for step in full.steps],
            "人数": [step.persons for step in full.steps],
            "较上一步": [None if step.from_previous is None else round(step.from_previous, 4) for step in full.steps],
            "较第一步": [None if step.from_start is None else round(step.from_start, 4) for step in full.steps],
            "流失": [step.dropped for step in full.steps],
        }
    )
    _weak = steps.slice(1).filter(pl.col("较上一步").is_not_null()).sort("较上一步")
    _said = (
        f"流失最多的一步是**{_weak['步骤'][0]}**：上一步的人里只有 **{_weak['较上一步'][0]:.1%}** 走到这里，"
        f"少了 {_weak['流失'][0]:,} 人。"
        if _weak.height
        else "还没有人走进这个漏斗。"
    )
    mo.vstack(
        [
            mo.md(f"## 完整转化漏斗\n\n从社群点击到复购共七步，按先后顺序，14 天内完成才算。\n\n{_said}"),
            mo.ui.table(steps, selection=None),
        ]
    )
    return full, steps


@app.cell
def _(defined, kept, mo, query):
    lives = kept(
        "live_sessions",
        query(
            """
            SELECT
                COALESCE(title, live_id) AS 直播,
                started_at AS 开播,
                viewers, average_watch_seconds, peak_concurrent, interaction_rate, lead_rate, conversion_rate, gmv_fen,
                attendance_rate
            FROM live_sessions
            ORDER BY started_at
            """
        ),
    )
    _names = ("average_watch", "lead_rate", "live_conversion", "live_gmv", "attendance_rate")
    mo.vstack([mo.md(f"## 私域直播\n\n{defined(*_names)}"), mo.ui.table(lives, selection=None)])
    return (lives,)


@app.cell
def _(by, defined, mo, pl, query):
    _names = ("members", "messages", "interaction_rate", "joined", "gone", "leave_rate", "promotion_share")
    _found = by("group", *_names)
    _known = query("SELECT group_id AS \"group\", name AS 社群 FROM groups")
    groups = (
        _found.join(_known, on="group", how="left")
        .select(pl.coalesce("社群", "group").alias("社群"), *_found.columns[1:])
        .sort("群成员", descending=True)
    )
    mo.vstack(
        [
            mo.md(f"## 社群（近 30 天）\n\n{defined('interaction_rate', 'leave_rate', 'promotion_share')}"),
            mo.ui.table(groups, selection=None),
        ]
    )
    return (groups,)


@app.cell
def _(by_day, defined, mo, pl):
    _names = ("visitors", "cart_rate", "pay_conversion", "paid_orders", "gmv", "spend_per_buyer", "pickup_rate")
    _days = by_day(*_names)
    mall = _days.filter(pl.any_horizontal(pl.col(_days.columns[1:]).fill_null(0) != 0))
    mo.vstack(
        [
            mo.md(f"## 小程序商城（近 30 天）\n\n{defined(*_names)}\n\n退款记在付款那一天：当天的成交额会随着后来的退款变少。"),
            mo.ui.table(mall, selection=None),
        ]
    )
    return (mall,)


@app.cell
def _(Period, measure, metric, mo, pl, query, tables, timedelta, today):
    # 只算付了款、没有全额退款的订单；同一天下几单只算一次。
    bought = query(
        """
        SELECT DISTINCT orders.person_id, orders.paid_day
        FROM orders
        LEFT JOIN staff ON staff.person_id = orders.person_id
        WHERE orders.paid_day IS NOT NULL AND orders.status <> 'refunded'
            AND orders.person_id IS NOT NULL AND staff.person_id IS NULL
        """
    ).lazy()
    _metric = metric("repurchase_rate")
    _window = Period(today - timedelta(days=_metric.days - 1), today)
    repurchase_rate = measure(tables, _metric, _window).total.now.value

    _first = bought.group_by("person_id").agg(first=pl.col("paid_day").min())
    cohorts = (
        bought.join(_first, on="person_id")
        .with_columns(周=pl.col("first").dt.truncate("1w"), 间隔=(pl.col("paid_day") - pl.col("first")).dt.total_days())
        .group_by("周")
        .agg(
            新买家=pl.col("person_id").n_unique(),
            七天内=pl.col("person_id").filter(pl.col("间隔").is_between(1, 7)).n_unique(),
            十四天内=pl.col("person_id").filter(pl.col("间隔").is_between(1, 14)).n_unique(),
            三十天内=pl.col("person_id").filter(pl.col("间隔").is_between(1, 30)).n_unique(),
        )
        .with_columns(
            (pl.col("七天内", "十四天内", "三十天内") / pl.col("新买家")).round(4),
            满七天=pl.col("周") + timedelta(days=13) <= today,
        )
        .sort("周")
        .collect()
    )
    _days = f"近 {_metric.days} 天"
    _said = (
        f"{_days}还没有买家。"
        if repurchase_rate is None
        else f"{_days}的{_metric.label.zh}是 **{repurchase_rate:.1%}**。"
    )
    mo.vstack(
        [
            mo.md(
                f"## 复购\n\n{_said}{_metric.definition.zh}\n\n"
                "下表按首单所在的周分组，看多少新买家在之后 7 天、14 天、30 天内又来买；还没走完的周只是到目前为止的数。"
            ),
            mo.ui.table(cohorts, selection=None),
        ]
    )
    return cohorts, repurchase_rate


@app.cell
def _(cohorts, groups, json, lives, mall, manifest, mo, people, repurchase_rate, steps):
    review = {
        "position": manifest["position"],
        "persons": people["persons"],
        "gmv_fen": people["gmv_fen"],
        "funnel": steps["人数"].to_list(),
        "lives": lives.height,
        "groups": groups.height,
        "mall_days": mall.height,
        "cohorts": cohorts["新买家"].to_list(),
        "repurchase_rate": repurchase_rate,
    }
    if mo.app_meta().mode == "script":
        print(json.dumps(review, ensure_ascii=False))
    return (review,)


if __name__ == "__main__":
    app.run()
