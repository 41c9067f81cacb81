"""The shop's own funnel (完整转化漏斗): seven steps from a click in a group to the second order, and what is usually done
where one of them is weak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlglot import exp

from projections.funnel.answers import dropped, reached
from projections.funnel.key import number
from projections.funnel.question import moment
from projections.funnel.steps import Step, parse_step
from projections.header import Said
from projections.tables import Tables


@dataclass(frozen=True)
class Stage:
    """One of the seven steps, as the product speaks of it. `name` is what programs call it."""

    name: str
    step: Step
    label: Said
    about: Said
    advice: Said


def _stage(name: str, step: str, label: Said, about: Said, advice: Said) -> Stage:
    parsed = parse_step(step)
    return Stage(name, Step(parsed.types, parsed.condition, label.en, label.zh), label, about, advice)


STAGES = (
    _stage(
        "group_click", "group.link_clicked", Said("Group click", "社群点击"),
        Said("Persons who opened a link posted in a group.", "在社群里点开过链接的人。"),
        Said(
            "Warm up earlier (T−3), ask a question instead of announcing, name the group's own interest or building; check"
            " the 70/30 mix.",
            "预热提前到 T−3 天；用提问代替通知；文案里写进本群的兴趣或楼栋；检查 70/30 的内容占比。",
        ),
    ),
    _stage(
        "enter_live", "live.entered", Said("Enter live", "进入直播"),
        Said("Persons who then entered a live.", "之后进入过直播间的人。"),
        Said(
            "Remind those who reserved on the day, keep a fixed hour each week, say on the poster what one will learn.",
            "当天提醒已预约的人；每周固定一个开播时间；海报上写清楚能学到什么。",
        ),
    ),
    _stage(
        "watch", "live.watched, live.left where seconds >= 60", Said("Watch", "观看"),
        Said("Persons who stayed 60 seconds or more.", "在直播间停留满 60 秒的人。"),
        Said(
            "The first three minutes, story before price, shorter sessions.",
            "把开场前三分钟做扎实；先讲故事再讲价格；场次短一些。",
        ),
    ),
    _stage(
        "add_wecom", "friend.added", Said("Add WeCom", "加微"),
        Said("Persons who then became a WeCom friend.", "之后加了企业微信好友的人。"),
        Said(
            "The hook (booklet, raffle) and its wording, shown at the moment of highest trust, for those who did not buy too.",
            "换一个钩子（食谱、抽奖）和说法，在信任最高的那一刻亮出来，没下单的人也给。",
        ),
    ),
    _stage(
        "enter_mall", "mall.visited, product.viewed", Said("Enter mall", "进入商城"),
        Said("Persons who then opened the mall.", "之后打开过小程序商城的人。"),
        Said(
            "A one-tap button in the room, a live-only page, pickup stated.",
            "直播间放一键直达按钮；做直播专享页；写明到店自提。",
        ),
    ),
    _stage(
        "order", "order.placed", Said("Order", "下单"),
        Said("Persons who then placed an order.", "之后下了单的人。"),
        Said(
            "Product page (origin, reviews), a set instead of a single item, a countdown, a coupon for the hesitant.",
            "商品页写清产地和评价；用套餐代替单品；倒计时；给犹豫的人一张券。",
        ),
    ),
    _stage(
        "repurchase", "order.placed", Said("Repurchase", "复购"),
        Said(
            "Persons who then placed another order; one order never counts twice.", "之后又下了一单的人；同一单不会算两次。"
        ),
        Said(
            "Content after purchase, reminders by the person's own rhythm, pickup as a meeting, the VIP group.",
            "买后给内容；按每个人自己的节奏提醒；把自提当成一次见面；邀请进 VIP 群。",
        ),
    ),
)  # fmt: skip

FULL_FUNNEL = tuple(stage.step for stage in STAGES)
"""An order and its repurchase are two placed orders: one order never counts for both."""


def lost(reader: Tables, step: int, since: int | None, until: int | None, **options: Any) -> list[int]:
    """Whom a step of the shop's own funnel lost, sorted: who reached the step before it and not this one; of the first, who
    was a member of some group and did not begin. `options` are those of `dropped`."""
    if step != 1:
        return dropped(reader, FULL_FUNNEL, step=step, since=since, until=until, **options)
    begun = set(reached(reader, FULL_FUNNEL[:1], step=1, since=since, until=until))
    return [person for person in audience(reader, since, until) if person not in begun]


def audience(reader: Tables, since: int | None, until: int | None) -> list[int]:
    """Who could have begun: the persons who were a member of some group in [since, until), staff left out. Sorted."""
    inside: list[exp.Expr | str] = ["person_id NOT IN (SELECT person_id FROM staff)"]
    if until is not None:
        joined = exp.LT(this=exp.column("joined_at"), expression=moment(number("until")))
        inside.append(exp.or_("joined_at IS NULL", joined))
    if since is not None:
        left = exp.GTE(this=exp.column("left_at"), expression=moment(number("since")))
        inside.append(exp.or_("left_at IS NULL", left))
    query = exp.select("person_id").distinct().from_("group_members").where(*inside).order_by("person_id")
    asked = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
    table: pa.Table = reader.arrow(query.sql("duckdb"), asked)
    persons: list[int] = table["person_id"].to_pylist()
    return persons
