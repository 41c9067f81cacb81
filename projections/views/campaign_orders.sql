-- A row is one paid order that counts for a campaign: it names the campaign, or names none and counts for one of its lives; staff are left out.
-- 一行是计入一个战役的一个已付款订单：订单带有该战役，或未带战役但计入其某场直播，员工不计。
-- key: campaign_id, order_id
-- unit: order_id
-- from: orders on order_id
-- from: live_orders on order_id
-- lookup: lives on live_id via live_orders
-- lookup: staff on person_id via orders
-- column campaign_id: The campaign. | 战役
-- column order_id: The order's number. | 订单号
-- column person_id: Who bought; NULL while nobody is known. | 买家；还不知道是谁时为空
-- column net_fen: Paid minus refunded, in fen. | 实付减退款（分）
SELECT orders.campaign_id, orders.order_id, orders.person_id, orders.net_fen
FROM orders
LEFT JOIN staff ON staff.person_id = orders.person_id
WHERE orders.campaign_id IS NOT NULL AND orders.paid_at IS NOT NULL AND staff.person_id IS NULL
UNION
SELECT lives.campaign_id, orders.order_id, orders.person_id, orders.net_fen
FROM orders
INNER JOIN live_orders ON live_orders.order_id = orders.order_id
INNER JOIN lives ON lives.live_id = live_orders.live_id
WHERE orders.campaign_id IS NULL AND lives.campaign_id IS NOT NULL
