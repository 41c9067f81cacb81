"""The shop: 菜场老王, his goods, his twenty building groups, and what he writes in them."""

from __future__ import annotations

from dataclasses import dataclass

CORP_ID = "ww00demo00laowang0"
AGENT_ID = "1000002"
WECOM_SCOPE = f"{CORP_ID}:own"
"""How the WeCom connector scopes the ids that the company's own application sees."""
APP_ID = "wx00demo00laowang0"
STAFF = "laowang"
STORE = "guihua-market"
PICKUP_POINT = "桂花路菜场 12 号摊"
KDT_ID = 90000001
SHOP_PHONE = "19900009999"
"""Stands in orders taken at the counter; it identifies nobody."""
CAMPAIGN = "duanwu"


@dataclass(frozen=True)
class Product:
    """Something the shop sells; `weight` says how often it is bought."""

    id: str
    title: str
    category: str
    fen: int
    weight: int


@dataclass(frozen=True)
class Group:
    """The chat group of one building."""

    id: str
    building: str

    @property
    def name(self) -> str:
        return f"老王鲜菜·{self.building}邻里群"


EVERYDAY: tuple[Product, ...] = (
    Product("3000101", "家庭周配·三口之家", "家庭周配", 9900, 8),
    Product("3000102", "家庭周配·五口之家", "家庭周配", 14900, 4),
    Product("3000201", "鸡毛菜 500g", "时令蔬菜", 480, 14),
    Product("3000202", "本地丝瓜 1kg", "时令蔬菜", 890, 12),
    Product("3000203", "嫩蚕豆 1kg", "时令蔬菜", 1280, 8),
    Product("3000204", "茭白 1kg", "时令蔬菜", 1580, 8),
    Product("3000205", "水果番茄 1kg", "时令蔬菜", 1680, 12),
    Product("3000301", "东魁杨梅 2斤装", "时令水果", 4980, 10),
    Product("3000302", "妃子笑荔枝 3斤装", "时令水果", 4580, 10),
    Product("3000303", "8424 西瓜 一只", "时令水果", 3280, 12),
    Product("3000304", "枇杷 2斤装", "时令水果", 3980, 6),
    Product("3000401", "黑猪五花肉 500g", "肉禽蛋", 3680, 9),
    Product("3000402", "散养土鸡蛋 30枚", "肉禽蛋", 3980, 10),
    Product("3000403", "三黄鸡 一只", "肉禽蛋", 5880, 5),
    Product("3000501", "鲜活鲈鱼 一条", "水产", 3480, 6),
    Product("3000502", "小龙虾 2斤装", "水产", 6980, 6),
    Product("3000601", "老豆腐两块", "豆制品", 600, 8),
)
ZONGZI: tuple[Product, ...] = (
    Product("3000701", "手包鲜肉粽 6只", "粽子", 3980, 10),
    Product("3000702", "蛋黄肉粽 6只", "粽子", 4580, 8),
    Product("3000703", "蜜枣糯米粽 6只", "粽子", 2980, 6),
    Product("3000704", "粽子礼盒 12只", "粽子", 9800, 5),
)
FULL_SET = Product("3000801", "端午家宴全套(8–10人)", "端午套餐", 39900, 5)
SMALL_SET = Product("3000802", "端午家宴小席(3–4人)", "端午小席", 19900, 8)
PRODUCTS: tuple[Product, ...] = (*EVERYDAY, *ZONGZI, FULL_SET, SMALL_SET)

_BUILDINGS = (
    "金桂苑1号楼", "金桂苑2号楼", "金桂苑3号楼", "金桂苑5号楼", "金桂苑6号楼", "金桂苑7号楼",
    "丹桂里A座", "丹桂里B座", "丹桂里C座", "丹桂里D座",
    "河畔花园1栋", "河畔花园2栋", "河畔花园3栋", "河畔花园5栋", "河畔花园6栋",
    "机床厂宿舍东院", "机床厂宿舍西院",
    "学府雅居1号楼", "学府雅居2号楼", "学府雅居3号楼",
)  # fmt: skip
GROUPS: tuple[Group, ...] = tuple(Group(f"wrDEMO{i:02d}laowang", b) for i, b in enumerate(_BUILDINGS, 1))

KNOWLEDGE = (
    "今日菜价：鸡毛菜便宜了两毛", "挑丝瓜看三处：花、皮、弹性", "杨梅用淡盐水泡十分钟再吃", "小暑前的蚕豆最后一茬",
    "番茄怎么放不烂", "西瓜敲一敲，听的是什么", "茭白外壳发绿还能吃吗", "五花肉切几厘米炖着最香",
)  # fmt: skip
FEELING = (
    "凌晨三点半的批发市场", "王婶的腌笃鲜，邻居们都去讨了一碗", "谢谢3号楼张老师送的字", "下雨天，自提的菜给大家盖好了",
    "老客人搬家了，回来买了一兜菜", "孩子们放学路过摊子来挑小番茄",
)  # fmt: skip
INTERACTION = (
    "今晚你家吃啥？晒一晒", "猜猜这筐杨梅几斤，猜中送一斤", "咸粽还是甜粽？接龙投票", "明早想吃什么菜，留言我去进",
    "签到三天换一把小葱",
)  # fmt: skip
PROMOTION = (
    "明早六点直播，跟我逛批发市场", "今日特价：土鸡蛋 30 枚 39.8 元", "周六晚八点《周末家庭聚餐》直播", "家庭周配周五截单",
    "小龙虾到货，直播间有专享价",
)  # fmt: skip
WARM_UP = ("你家端午吃什么？来群里说说", "《端午家宴》直播海报：八道菜，一桌家宴", "预约周六晚八点直播，有神秘大奖")
ECHO = ("《端午家宴》抽奖结果公布", "邻居们的端午餐桌，看看谁家最香", "没赶上直播？回放在这里")
CHATTER = (
    "老王，今天的丝瓜还有吗", "刚取到菜，真新鲜", "杨梅好甜", "明天几点能自提？", "求红烧肉做法", "谢谢老王",
    "帮我留两把鸡毛菜", "番茄炒蛋安排上", "我家孩子就爱吃这个", "下次多进点荔枝", "收到", "晒一下今天的晚饭",
)  # fmt: skip
COMMENTS = (
    "老王早！", "这鱼真活", "粽叶怎么洗？", "糯米要泡多久", "已下单", "套餐够八个人吃吗", "想要食谱", "自提到几点？",
    "主持人声音再大点", "学到了", "给老王点赞", "全套有黄鱼吗",
)  # fmt: skip
