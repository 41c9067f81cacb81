"""Names for the neighbours of the test shop."""

from __future__ import annotations

BUILDINGS = ("阳光花园 1 号楼", "阳光花园 3 号楼", "阳光花园 5 号楼", "翠苑 2 幢", "翠苑 6 幢", "河滨里 8 号")
PRODUCTS = (
    ("鲜肉粽礼盒", "粽子", 8800),
    ("端午家宴全套", "套餐", 26800),
    ("本地小番茄", "水果", 1990),
    ("妃子笑荔枝", "水果", 3980),
    ("土鸡蛋 30 枚", "蛋类", 3580),
)
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("阿姨", "小雨", "建国", "妈妈", "晓梅", "师傅", "奶奶", "思远", "丽华", "Lily", "爷爷", "婷婷", "大伟")


def name_of(number: int) -> str:
    """A stable nickname."""
    return _FAMILY[number % len(_FAMILY)] + _GIVEN[(number * 7) % len(_GIVEN)]
