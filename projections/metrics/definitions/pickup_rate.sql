-- Orders picked up within the promised time / orders due for pickup; without a promised time, any time is in time.
-- 在约定时间内取走的自提订单 ÷ 到期应取的自提订单；未约定时间的随时都算按时。
-- area: mall
-- label: Pickup rate | 自提履约率
-- unit: ratio
-- period: Orders whose pickup was due on these days: at the promised time, else when they were ready. Refunded and cancelled ones are left out. | 期内到期的自提订单（按约定时间，未约定的按备好当天）；已退款、已取消的不计。
-- kept: mall_days.pickup_rate by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension channel: orders.channel | Channel of the order | 订单渠道
-- dimension store: orders.store_id | Store | 门店
-- dimension live: orders.live_id | Live that the order names | 订单所属直播
-- dimension campaign: orders.campaign_id | Campaign that the order names | 订单所属战役
SELECT
    days.period,
    NULL AS slice,
    SUM(CASE
        WHEN orders.picked_up_at IS NOT NULL AND (orders.due_at IS NULL OR orders.picked_up_at <= orders.due_at) THEN 1
        ELSE 0
    END) AS numerator,
    COUNT(*) AS denominator
FROM orders
INNER JOIN days ON days.day = orders.due_day
LEFT JOIN people ON people.person_id = orders.person_id
LEFT JOIN staff ON staff.person_id = orders.person_id
WHERE staff.person_id IS NULL
    AND orders.paid_at IS NOT NULL AND orders.pickup AND orders.status NOT IN ('refunded', 'cancelled')
GROUP BY days.period, slice
