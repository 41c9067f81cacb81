-- Distinct persons who paid for an order.
-- 付过款的人，去重。
-- area: mall
-- label: Buyers | 买家数
-- unit: persons
-- period: Orders paid on these days; a person who paid several of them counts once. | 期内付款的订单；付过多单的人只算一次。
-- empty: 0
-- kept: mall_days.buyers by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension channel: orders.channel | Channel of the order | 订单渠道
-- dimension store: orders.store_id | Store | 门店
-- dimension live: orders.live_id | Live that the order names | 订单所属直播
-- dimension campaign: orders.campaign_id | Campaign that the order names | 订单所属战役
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT orders.person_id) AS value
FROM orders
INNER JOIN days ON days.day = orders.paid_day
LEFT JOIN people ON people.person_id = orders.person_id
LEFT JOIN staff ON staff.person_id = orders.person_id
WHERE staff.person_id IS NULL
GROUP BY days.period, slice
