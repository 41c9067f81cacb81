"""The neighbours: who they are, how keen, and by which identifiers the platforms know them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cdp.app.demo.story.shop import APP_ID, GROUPS, SHOP_PHONE, WECOM_SCOPE

Who = list[dict[str, str]]
DAY = 86_400
SIZE = 2_000


@dataclass(frozen=True)
class Neighbour:
    """One neighbour. Times are seconds since the epoch; who they are never changes, only what is known of it."""

    number: int
    nickname: str
    group: int
    """Index into GROUPS: the building."""
    keen: float
    """0 to 1: how much of everything they do."""
    early: bool
    """Watches the market at six in the morning."""
    frugal: float
    """0 to 1: how rarely a look becomes an order."""
    joined_at: int
    """When they came into the building's group."""
    leaves_at: int | None
    friend_at: int | None
    """When they became a friend, if before the story begins."""
    origin: str
    """The channel that brought them."""
    signs_in_at: int
    """From then on they sign in to the mini-program; before, it knows the device alone."""
    unionid: str
    wecom: str
    openid: str
    yz_open_id: str
    anonymous: str
    phone: str
    bound: bool
    """Whether WeCom tells their unionid."""

    @property
    def building(self) -> str:
        return GROUPS[self.group].building

    def in_group(self) -> Who:
        """How the group tool knows them."""
        return [*self.contact(), *([_id("unionid", self.unionid)] if self.bound else [])]

    def contact(self) -> Who:
        """How a WeCom callback knows them: by the external id alone."""
        return [_id("wecom", self.wecom, WECOM_SCOPE)]

    def in_app(self, known: bool) -> Who:
        """How the mini-program knows them: by the device at first, by openid once they have signed in."""
        return [_id("openid", self.openid, APP_ID) if known else _id("anonymous_id", self.anonymous)]

    def signed_in(self) -> Who:
        """What signing in tells: the device, the mini-program's id and the global one belong together."""
        return [_id("unionid", self.unionid), _id("openid", self.openid, APP_ID), _id("anonymous_id", self.anonymous)]

    def as_buyer(self) -> Who:
        """How the mall knows them."""
        return [
            _id("openid", self.openid, APP_ID),
            _id("yz_open_id", self.yz_open_id),
            _id("phone", self.phone),
        ]


def cast(rng: random.Random, start: int) -> tuple[Neighbour, ...]:
    """All neighbours, in order of their number; `start` is midnight of the first day, in seconds."""
    people: list[Neighbour] = []
    for number in range(1, SIZE + 1):
        # About one neighbour in twelve gives the phone of the family member before.
        partner = people[-1] if people and rng.random() < 0.08 else None
        people.append(_neighbour(rng, number, start, partner))
    return tuple(people)


def _neighbour(rng: random.Random, number: int, start: int, partner: Neighbour | None) -> Neighbour:
    keen = rng.betavariate(1.5, 3.0)
    late_joiner = rng.random() < 0.22
    joined_at = start + (rng.randrange(34 * DAY) if late_joiner else -rng.randrange(20 * DAY, 300 * DAY))
    friend = not late_joiner and rng.random() < 0.16 + 0.18 * keen
    anonymous_days = rng.randrange(3, 29) if rng.random() < 0.3 else -1
    return Neighbour(
        number=number,
        nickname=_nickname(rng),
        group=partner.group if partner else rng.randrange(len(GROUPS)),
        keen=keen,
        early=rng.random() < 0.06 + 0.12 * keen,
        frugal=rng.betavariate(2.5, 1.6),
        joined_at=joined_at,
        leaves_at=max(joined_at, start) + rng.randrange(2 * DAY, 36 * DAY) if rng.random() < 0.06 else None,
        friend_at=joined_at + rng.randrange(15 * DAY) if friend else None,
        origin=rng.choices(("store-poster", "neighbour", "group-qr", "moments-ad"), (45, 25, 20, 10))[0],
        signs_in_at=start + anonymous_days * DAY,
        unionid=f"oDEMOu{rng.getrandbits(72):018x}",
        wecom=f"wmDEMO{rng.getrandbits(96):024x}",
        openid=f"oDEMOm{rng.getrandbits(72):018x}",
        yz_open_id=f"yzDEMO{rng.getrandbits(64):016x}",
        anonymous=f"device-{rng.getrandbits(48):012x}",
        phone=_phone(number, partner),
        bound=rng.random() < 0.93,
    )


def _phone(number: int, partner: Neighbour | None) -> str:
    """Numbers that nobody has; some share one, and some orders are typed in at the counter under the shop's own."""
    if number % 101 == 0:
        return SHOP_PHONE
    return partner.phone if partner else f"1990000{number:04d}"


def _nickname(rng: random.Random) -> str:
    shape = rng.random()
    if shape < 0.5:
        return rng.choice(_SURNAMES) + rng.choice(_HONORIFICS)
    if shape < 0.75:
        return rng.choice(_CHILDREN) + rng.choice(("妈", "爸", "奶奶", "外婆"))
    return rng.choice(_NICKNAMES)


def _id(kind: str, value: str, scope: str = "") -> dict[str, str]:
    return {"type": kind, "value": value, "scope": scope} if scope else {"type": kind, "value": value}


_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
_HONORIFICS = ("阿姨", "叔叔", "姐", "哥", "老师", "师傅", "大姐", "伯伯", "小妹")
_CHILDREN = ("豆豆", "乐乐", "糖糖", "安安", "小满", "团团", "果果", "诺诺", "米粒", "辰辰", "可可", "童童")
_NICKNAMES = (
    "一碗清粥", "向日葵", "平安是福", "慢慢来", "桂花树下", "岁月静好", "厨房新手", "爱吃鱼的猫", "小区跑步人",
    "阳台种菜中", "早睡早起", "海阔天空", "茶香四溢", "三餐四季",
)  # fmt: skip
