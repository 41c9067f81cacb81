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
    from datetime import datetime, timedelta
    from pathlib import Path
    from zoneinfo import ZoneInfo

    import duckdb
    import marimo as mo
    import polars as pl

    from projections.funnel import FULL_FUNNEL, funnel

    return FULL_FUNNEL, Path, ZoneInfo, datetime, duckdb, funnel, json, mo, os, pl, sys, timedelta


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
        """漏斗要的就是这一个方法。"""

        def arrow(self, sql):
            return con.sql(sql).to_arrow_table()

    tables = Tables()

    def query(sql):
        """一条 SQL，一张 Polars 表。"""
        return pl.from_arrow(tables.arrow(sql))

    return query, tables


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
def _(mo, query):
    lives = query(
        """
        SELECT
            COALESCE(title, live_id) AS 直播,
            started_at AS 开播,
            viewers AS 观看人数,
            ROUND(average_watch_seconds / 60, 1) AS 人均观看分钟,
            peak_concurrent AS 最高在线,
            ROUND(interaction_rate, 4) AS 互动率,
            leads AS 加微人数,
            ROUND(lead_rate, 4) AS 加微率,
            ROUND(conversion_rate, 4) AS 直播转化率,
            ROUND(gmv_fen / 100, 2) AS 成交额元,
            ROUND(attendance_rate, 4) AS 到场率
        FROM live_sessions
        ORDER BY started_at
        """
    )
    mo.vstack(
        [
            mo.md(
                "## 私域直播\n\n加微率只看进入时还不是好友的人：从进入到结束后 24 小时内成为好友的占多少。"
                "转化率看的是观众里进入后到结束后 24 小时内下单并付款的人。"
            ),
            mo.ui.table(lives, selection=None),
        ]
    )
    return (lives,)


@app.cell
def _(mo, query):
    groups = query(
        """
        SELECT
            COALESCE(MAX(name), group_id) AS 社群,
            SUM(messages) AS 消息量,
            ROUND(AVG(interaction_rate), 4) AS 日均互动率,
            SUM(joined) AS 入群,
            SUM("left") AS 退群,
            ROUND(1 - SUM(promotion_posts) / NULLIF(SUM(posts), 0), 4) AS 非促销内容占比
        FROM group_days
        GROUP BY group_id
        ORDER BY 消息量 DESC, group_id
        """
    )
    mo.vstack(
        [
            mo.md("## 社群\n\n内容以七成知识、情感和互动，三成促销为宜；互动率的分母是当天开始时的成员。"),
            mo.ui.table(groups, selection=None),
        ]
    )
    return (groups,)


@app.cell
def _(mo, query):
    mall = query(
        """
        SELECT
            day AS 日期,
            visitors AS 访客数,
            ROUND(cart_rate, 4) AS 加购率,
            ROUND(pay_conversion, 4) AS 支付转化率,
            paid_orders AS 付款订单,
            ROUND(gmv_fen / 100, 2) AS 成交额元,
            ROUND(spend_per_buyer_fen / 100, 2) AS 客单价元,
            ROUND(pickup_rate, 4) AS 自提履约率
        FROM mall_days
        ORDER BY day
        """
    )
    mo.vstack(
        [
            mo.md("## 小程序商城\n\n退款记在付款那一天：当天的成交额会随着后来的退款变少。"),
            mo.ui.table(mall, selection=None),
        ]
    )
    return (mall,)


@app.cell
def _(ZoneInfo, datetime, manifest, mo, pl, query, timedelta):
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
    _recorded = manifest["recorded_at"] or "1970-01-01T00:00:00Z"
    today = datetime.fromisoformat(manifest["today"] or _recorded).astimezone(ZoneInfo(manifest["timezone"])).date()
    if manifest["today"]:
        today = datetime.fromisoformat(manifest["today"]).date()
    _window = bought.filter((pl.col("paid_day") > today - timedelta(days=90)) & (pl.col("paid_day") <= today))
    _days = _window.group_by("person_id").len("days").collect()
    repurchase_rate = None if _days.is_empty() else (_days["days"] >= 2).sum() / _days.height

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
    _said = "近 90 天还没有买家。" if repurchase_rate is None else f"近 90 天的复购率是 **{repurchase_rate:.1%}**。"
    mo.vstack(
        [
            mo.md(
                f"## 复购\n\n{_said}复购指在两个不同的日子各付过款，全额退款的订单不算。\n\n"
                "下表按首单所在的周分组，看多少新买家在之后 7 天、14 天、30 天内又来买；还没走完的周只是到目前为止的数。"
            ),
            mo.ui.table(cohorts, selection=None),
        ]
    )
    return cohorts, repurchase_rate, today


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
