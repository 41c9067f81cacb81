"""顾客价值：只读已发布的 Parquet 文件，服务器照常运行。

    marimo edit notebooks/customer_value.py -- --published data/published/current
    python notebooks/customer_value.py --published data/published/current
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="顾客价值")


@app.cell
def _():
    import json
    import os
    import sys
    from pathlib import Path

    import duckdb
    import marimo as mo
    import polars as pl

    return Path, duckdb, json, mo, os, pl, sys


@app.cell
def _(Path, duckdb, json, mo, os, sys):
    # 命令行优先，其次环境变量，最后是工作区里的默认位置。先解析符号链接：看到一半换了新版本也不受影响。
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
        if _files and "*" not in _table["path"]:
            con.execute(f"CREATE VIEW {_table['name']} AS SELECT * FROM read_parquet({_files!r})")
    return con, manifest


@app.cell
def _(con):
    def query(sql):
        """一条 SQL，一张 Polars 表。"""
        return con.sql(sql).pl()

    return (query,)


@app.cell
def _(manifest, mo, pl, query):
    segments = query(
        """
        SELECT
            segment_zh AS 分层,
            COUNT(*) AS 人数,
            ROUND(AVG(recency_days), 1) AS 平均未购天数,
            ROUND(AVG(frequency), 1) AS 平均订单数,
            ROUND(SUM(monetary_fen) / 100, 2) AS 消费额元
        FROM rfm
        GROUP BY segment, segment_zh
        ORDER BY 消费额元 DESC, 分层
        """
    ).with_columns((pl.col("消费额元") / pl.col("消费额元").sum()).fill_nan(None).round(4).alias("消费额占比"))
    _said = (
        f"**{segments['分层'][0]}**这一层贡献最多：{segments['人数'][0]:,} 人，占消费额的 {segments['消费额占比'][0]:.1%}。"
        if segments.height and segments["消费额占比"][0] is not None
        else "还没有买过东西的顾客。"
    )
    mo.vstack(
        [
            mo.md(
                f"""
                # 顾客价值

                数据截至日志第 **{manifest["position"]:,}** 条（{manifest["recorded_at"]}）；按日结算的表截至 **{manifest["today"] or "——"}**。

                ## RFM 分层

                按最近一次付款（R）、付款次数（F）、消费金额（M）打分，3 分及以上为高；分界可在设置里改。{_said}
                """
            ),
            mo.ui.table(segments, selection=None),
        ]
    )
    return (segments,)


@app.cell
def _(mo, pl, query):
    _rows = query(
        """
        SELECT strftime(cohort_month, '%Y-%m') AS 首单月份, age, customers AS 顾客数, retention
        FROM cohorts
        WHERE channel IS NULL AND state = 'complete' AND age BETWEEN 0 AND 12
        ORDER BY cohort_month, age
        """
    )
    retention = (
        _rows.pivot("age", index=["首单月份", "顾客数"], values="retention")
        .rename(lambda name: f"第 {name} 月" if name.isdecimal() else name)
        .with_columns(pl.selectors.float().round(4))
    )
    mo.vstack(
        [
            mo.md("## 同期群留存\n\n首单在同一个月的顾客，之后每个月还有多大比例付款；只列已经过完的月份。"),
            mo.ui.table(retention, selection=None),
        ]
    )
    return (retention,)


@app.cell
def _(mo, query):
    ltv = query(
        """
        SELECT
            strftime(cohort_month, '%Y-%m') AS 首单月份,
            MAX(customers) AS 顾客数,
            ROUND(MAX(CASE WHEN state = 'complete' THEN ltv_fen END) / 100, 2) AS 迄今价值元,
            MAX(CASE WHEN state = 'complete' THEN age END) AS 已观察月数,
            ROUND(MAX(CASE WHEN age = 11 THEN projected_ltv_fen END) / 100, 2) AS 首年价值元,
            MAX(CASE WHEN age = 11 AND state = 'projected' THEN '预测' WHEN age = 11 THEN '实际' END) AS 首年口径
        FROM cohorts
        WHERE channel IS NULL
        GROUP BY cohort_month
        ORDER BY cohort_month
        """
    )
    channels = query(
        """
        SELECT
            channel AS 渠道,
            strftime(month, '%Y-%m') AS 月份,
            new_customers AS 新客,
            ROUND(cost_fen / 100, 2) AS 花费元,
            ROUND(cac_fen / 100, 2) AS 获客成本元,
            ROUND(ltv_fen / 100, 2) AS 人均价值元,
            ROUND(ltv_cac, 2) AS 价值成本比
        FROM channels
        WHERE new_customers > 0 OR cost_fen > 0
        ORDER BY 月份 DESC, 新客 DESC, 渠道
        """
    )
    mo.vstack(
        [
            mo.md(
                "## 顾客值多少，花多少钱换来\n\n价值是到目前为止实际观察到的；首年还没过完的，按更早的顾客怎样增长来推算，并注明是预测。"
                "价值成本比（LTV ÷ CAC）在 3 以上为健康。"
            ),
            mo.ui.table(ltv, selection=None),
            mo.ui.table(channels, selection=None),
        ]
    )
    return channels, ltv


@app.cell
def _(mo, query):
    recommendations = query(
        """
        SELECT
            COALESCE(title, product_id) AS 买过,
            COALESCE(recommended_title, recommended_id) AS 推荐,
            both_buyers AS 两样都买的人,
            ROUND(confidence, 4) AS 置信度,
            ROUND(lift, 2) AS 提升度
        FROM recommendations
        WHERE place <= 3
        ORDER BY lift DESC, both_buyers DESC, product_id, place
        LIMIT 30
        """
    )
    mo.vstack(
        [
            mo.md("## 买了还买\n\n同一个人都买过、而且比随机水平更常一起买的商品；人数太少的不算。"),
            mo.ui.table(recommendations, selection=None),
        ]
    )
    return (recommendations,)


@app.cell
def _(channels, json, ltv, manifest, mo, recommendations, retention, segments):
    worth = {
        "position": manifest["position"],
        "segments": dict(zip(segments["分层"].to_list(), segments["人数"].to_list())),
        "cohorts": retention.height,
        "customers": ltv["顾客数"].to_list(),
        "channels": channels.height,
        "recommendations": recommendations.height,
    }
    if mo.app_meta().mode == "script":
        print(json.dumps(worth, ensure_ascii=False))
    return (worth,)


if __name__ == "__main__":
    app.run()
