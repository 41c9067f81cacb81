-- Paid minus refunded of the orders that viewers placed from entering until 24 h after the end.
-- 观众从进入到直播结束后 24 小时内所下订单的实付减退款。
-- area: live
-- label: Live GMV | 直播成交额
-- unit: fen
-- period: Lives that began on these days; an order that counts for several of them counts once. | 期内开播的直播；可计入多场的订单只算一次。
-- empty: 0
-- kept: live_sessions.gmv_fen by live
-- dimension live: live_orders.live_id | Live | 直播
-- dimension building: people.building | Building of the viewer | 观众所在楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
WITH bought AS (
    SELECT DISTINCT days.period, NULL AS slice, live_orders.order_id, live_orders.net_fen
    FROM live_orders
    INNER JOIN live_sessions ON live_sessions.live_id = live_orders.live_id
    INNER JOIN days ON days.day = live_sessions.day
    LEFT JOIN people ON people.person_id = live_orders.person_id
)

SELECT bought.period, bought.slice, SUM(bought.net_fen) AS value
FROM bought
GROUP BY bought.period, bought.slice
