"""Customers' worth: segments, who is due, cohorts, channels and what sells together, on one page and on each person's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cdp.app.recommended import recommended
from cdp.app.web.pages import PageContext
from cdp.app.web.reads import worth
from cdp.clock import local_day
from projections.metrics import measure, metric
from projections.periods import Period
from tests.web.reading import Page
from tests.web.serving import application, context
from tests.web.shop import NOW, TZ, Shop


def test_every_segment_leads_to_its_people(client: TestClient, world: PageContext) -> None:
    page = Page(client.get("/worth").text)
    segments = {s["data-segment"]: s["href"] for s in page.all("a") if s.get("data-segment")}
    counts = {
        r["segment"]: r["persons"] for r in world.reader.rows("SELECT segment, count(*) AS persons FROM rfm GROUP BY 1")
    }

    assert tuple(segments) == worth.SEGMENTS
    assert counts
    for name, address in segments.items():
        people = client.get(address).text
        assert f"共 {counts.get(name, 0)} 人" in Page(people).text
    assert f"{sum(counts.values())} 位顾客，截至 06-19" in page.text


def test_the_whole_is_told_by_metrics_of_the_registry_and_the_margin_they_go_by(
    client: TestClient, world: PageContext
) -> None:
    page = Page(client.get("/worth").text)
    today = local_day(NOW, TZ)
    year = measure(world.reader, metric("ltv"), Period(today - timedelta(days=364), today)).total.now.value
    assert [tile["data-metric"] for tile in page.all("div") if tile.get("data-metric")] == list(worth.OF_ALL)
    assert year is not None
    assert f"¥{year / 100:.2f}" in page.text
    assert "没有填写毛利率，LTV 按收入计算" in page.text


def test_a_segment_can_be_exported_and_one_that_nobody_knows_is_everybody(
    client: TestClient, world: PageContext
) -> None:
    rows = world.reader.rows("SELECT count(*) AS n FROM persons WHERE rfm_segment = 'general_develop'")
    lines = client.get("/people.csv?segment=general_develop").text.strip().splitlines()
    assert len(lines) == 1 + rows[0]["n"] > 1
    assert "共 139 人" in Page(client.get("/people?segment=nonsense").text).text


def test_who_is_due_by_their_own_rhythm_comes_with_the_day(client: TestClient, world: PageContext) -> None:
    due = worth.due(world.reader, NOW, 8)
    page = Page(client.get("/worth").text)
    assert due
    assert [row["gmv_fen"] for row in due] == sorted((row["gmv_fen"] for row in due), reverse=True)
    for row in due:
        assert f"/people/{row['person_id']}" in page.links
        assert f"每 {row['rhythm_days']} 天左右来一次 · 预计 {row['expected_next_order_at']:%m-%d}" in page.text


def test_cohorts_show_ltv_repurchase_or_retention_for_all_or_one_channel(
    client: TestClient, world: PageContext
) -> None:
    ltv = Page(client.get("/worth").text).text
    assert "首单月份 顾客数 第 1 月 第 2 月" in ltv
    (may,) = world.reader.rows(
        "SELECT * FROM cohorts WHERE cohort_month = DATE '2026-05-01' AND channel IS NULL AND age = 1"
    )
    assert f"{may['customers']} ¥" in ltv
    assert f"{may['retention'] * 100:.1f}%*" in Page(client.get("/worth?show=retention").text).text

    page = Page(client.get("/worth?show=repurchase_share&channel=live-duanwu").text)
    (one,) = world.reader.rows(
        "SELECT * FROM cohorts WHERE cohort_month = DATE '2026-06-01' AND channel = 'live-duanwu' AND age = 0"
    )
    assert f"2026-06 {one['customers']} {one['repurchase_share'] * 100:.1f}%*" in page.text
    assert "这个渠道还没有顾客" in Page(client.get("/worth?channel=nowhere").text).text


def test_channels_show_the_registry_s_figures_and_one_that_costs_too_much_is_told_so(
    client: TestClient, world: PageContext
) -> None:
    page = client.get("/worth").text
    (dear,) = [row for row in page.split("<tr>") if row.startswith("<td>live-duanwu</td>")]
    (cheap,) = [row for row in page.split("<tr>") if row.startswith("<td>group</td>")]
    today = local_day(NOW, TZ)
    ratio = measure(world.reader, metric("ltv_cac"), Period(today - timedelta(days=89), today), by=["channel"])
    figures = {row.slice: row.now.value for row in ratio.rows}
    assert figures["live-duanwu"] is not None
    assert f"{figures['live-duanwu']:.1f}" in dear
    assert 'class="warn"' in dear
    assert "偏低" in dear
    assert "¥9,000" in dear
    assert 'class="warn"' not in cheap
    # of the 33 days it was spent on, 29 are among the last 30
    assert "¥7,909" in client.get("/worth?days=30").text


def test_what_sells_together_is_listed_once_a_pair(client: TestClient, world: PageContext) -> None:
    pairs = worth.pairs(world.reader, 8)
    assert pairs
    assert len({frozenset((p["product_id"], p["recommended_id"])) for p in pairs}) == len(pairs)
    first = pairs[0]
    text = Page(client.get("/worth").text).text
    assert f"买「{first['title']}」的人也买「{first['recommended_title']}」" in text


def test_a_persons_page_shows_worth_rhythm_and_what_to_recommend(client: TestClient, world: PageContext) -> None:
    (person,) = world.reader.rows(
        "SELECT * FROM persons WHERE rhythm_days IS NOT NULL AND NOT is_staff ORDER BY gmv_fen DESC LIMIT 1"
    )
    text = Page(client.get(f"/people/{person['person_id']}").text).text
    assert f"R{person['recency_score']} F{person['frequency_score']} M{person['monetary_score']} 分" in text
    assert f"每 {person['rhythm_days']} 天左右" in text
    assert f"预计下次下单 {person['expected_next_order_at']:%m-%d}" in text

    (one_product,) = world.reader.rows(
        "SELECT person_id FROM order_products JOIN recommendations USING (product_id) WHERE bought GROUP BY person_id "
        "HAVING count(DISTINCT product_id) = 1 ORDER BY person_id LIMIT 1"
    )
    offers = recommended(world.reader, one_product["person_id"])
    bought = world.reader.rows(
        "SELECT DISTINCT product_id FROM order_products WHERE bought AND person_id = ?", [one_product["person_id"]]
    )
    text = Page(client.get(f"/people/{one_product['person_id']}").text).text
    assert offers
    assert {o["product_id"] for o in offers}.isdisjoint(b["product_id"] for b in bought)
    assert f"{offers[0]['title']} 买「{offers[0]['because']}」的人也买 · {offers[0]['lift']:.2f} 倍" in text


def test_somebody_who_bought_nothing_has_no_worth_and_nothing_is_recommended(
    client: TestClient, world: PageContext
) -> None:
    (person,) = world.reader.rows("SELECT person_id FROM persons WHERE orders = 0 AND NOT is_staff ORDER BY 1 LIMIT 1")
    text = Page(client.get(f"/people/{person['person_id']}").text).text
    assert "价值与节奏" not in text
    assert "可以推荐" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_shop_without_customers_is_told_what_to_do(tmp_path: Path, language: str) -> None:
    client = TestClient(application(context(tmp_path, Shop(size=0))))
    client.cookies.set("language", language)
    answer = client.get("/worth")
    assert answer.status_code == 200
    assert {"zh": "还没有顾客", "en": "No customers yet"}[language] in answer.text
    assert 'id="cohorts"' not in answer.text
