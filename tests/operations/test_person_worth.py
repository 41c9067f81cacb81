"""What a person is worth, over HTTP and on the command line, once the day on which they paid is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.app.driven import advance
from cdp.clock import DAY
from tests.operations.shop import AT, open_shop

MORE = "[customers]\nleast_support = 1\ngross_margin = 0.25\n"


def paid(phone: str, *products: str) -> dict[str, Any]:
    """Somebody paid 20 yuan for each of these."""
    items = [{"product": product, "title": f"{product}礼盒", "amount_fen": 2000} for product in products]
    return {
        "id": f"paid-{phone}", "source": "site", "type": "order.paid", "occurred_at": AT,
        "who": [{"type": "phone", "value": phone}], "context": {"order": f"E{phone}"},
        "data": {"amount_fen": 2000 * len(items), "items": items},
    }  # fmt: skip


def test_a_person_is_answered_with_worth_segment_and_recommendations(tmp_path: Path) -> None:
    with open_shop(tmp_path, MORE) as shop:
        shop.post(paid("19900000001", "zongzi", "eggs"), paid("19900000002", "zongzi"), paid("19900000003", "tea"))
        before = shop.http.get("/v1/persons", params={"identifier": "phone:19900000002"}).json()
        advance(shop.runtime, shop.system.clock.now() + DAY, project=True)
        found = shop.http.get("/v1/persons", params={"identifier": "phone:19900000002"}).json()

    assert (before["facts"]["lifecycle"], before["facts"]["ltv_fen"]) == ("buyer", 500)
    assert (before["facts"]["rfm_segment"], before["recommendations"]) == (None, [])
    facts = found["facts"]
    assert (facts["recency_score"], facts["frequency_score"], facts["monetary_score"]) == (5, 1, 1)
    assert (facts["rfm_segment"], facts["expected_next_order_at"]) == ("general_develop", None)
    assert found["recommendations"] == [
        {
            "product_id": "eggs", "title": "eggs礼盒", "because_id": "zongzi", "because": "zongzi礼盒",
            "confidence": 0.5, "lift": 1.5,
        }
    ]  # fmt: skip

    told = CliRunner().invoke(app, ["person", "show", "phone:19900000002", "--workspace", str(tmp_path)]).output
    assert "rfm_segment: general_develop" in told
    assert "product_id=eggs, title=eggs礼盒, because_id=zongzi" in told
