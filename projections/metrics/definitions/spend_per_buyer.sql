-- Paid minus refunded / distinct buyers; orders whose buyer is not known are left out.
-- （实付 − 退款）÷ 去重后的买家数；不知道买家是谁的订单不计。
-- area: mall
-- label: Spend per buyer | 客单价
-- unit: fen
-- period: Orders paid on these days; what was refunded since is taken off, whenever that was. | 期内付款的订单；之后无论何时退的款都扣除。
-- kept: mall_days.spend_per_buyer_fen by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension channel: orders.channel | Channel of the order | 订单渠道
-- dimension store: orders.store_id | Store | 门店
-- dimension live: orders.live_id | Live that the order names | 订单所属直播
-- dimension campaign: orders.campaign_id | Campaign that the order names | 订单所属战役
SELECT
    days.period,
    NULL AS slice,
    SUM(orders.net_fen) AS numerator,
    COUNT(DISTINCT orders.person_id) AS denominator
FROM orders
INNER JOIN days ON days.day = orders.paid_day
LEFT JOIN people ON people.person_id = orders.person_id
LEFT JOIN staff ON staff.person_id = orders.person_id
WHERE staff.person_id IS NULL AND orders.person_id IS NOT NULL
GROUP BY days.period, slice
