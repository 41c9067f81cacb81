-- A row is one paid order that counts for a live: placed by a viewer from coming in until 24 h after the end; staff are left out.
-- 一行是计入一场直播的一个已付款订单：由观众在进入后到结束后 24 小时内下单，员工不计。
-- key: live_id, order_id
-- unit: person_id
-- from: live_viewers on person_id
-- from: orders on person_id
-- column live_id: The live. | 直播
-- column order_id: The order's number. | 订单号
-- column person_id: The viewer. | 观众
-- column ordered_at: When it was placed, or paid where nobody told of the placing. | 下单时间；没有下单记录时取付款时间
-- column net_fen: Paid minus refunded, in fen. | 实付减退款（分）
SELECT
    live_viewers.live_id,
    orders.order_id,
    orders.person_id,
    COALESCE(orders.placed_at, orders.paid_at) AS ordered_at,
    orders.net_fen
FROM live_viewers
INNER JOIN orders ON orders.person_id = live_viewers.person_id
WHERE orders.paid_at IS NOT NULL
    AND COALESCE(orders.placed_at, orders.paid_at) >= live_viewers.entered_at
    AND COALESCE(orders.placed_at, orders.paid_at) <= live_viewers.counted_until
