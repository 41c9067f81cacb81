-- A row is one product on one local day on which it was looked at, put into carts or paid for; staff are left out.
-- 一行是一个商品在被浏览、加购或付款的某一天的指标，员工不计。
-- key: product_id, day
-- refresh: read
-- from: product_counts
-- from: carts
-- column product_id: The product. | 商品
-- column day: The local day. | 日期
-- column views: Views in the mall. | 商城浏览次数
-- column viewers: Distinct persons who viewed it in the mall. | 商城浏览人数
-- column live_clicks: Times it was opened in a live. | 直播间点击次数
-- column carts: Stays in carts that began that day. | 当天开始的加购次数
-- column carts_ordered: Those of them that were ordered within 24 hours. | 其中 24 小时内下单的
-- column carts_removed: Those of them that were taken out again. | 其中被移出的
-- column carts_abandoned: Those of them that were abandoned as of the last closed day. | 其中截至最近一个已结束日已弃购的
-- column buyers: Distinct persons who paid for it that day. | 当天付款的人数
-- column orders: Orders with it, paid that day. | 当天付款且含此商品的订单数
-- column quantity: Pieces in them. | 件数
-- column amount_fen: What they cost after discounts, in fen. | 折后金额（分）
-- column net_fen: What is left of that after refunds, as known now, in fen. | 退款后的净额（按目前所知，分）
WITH abandoned AS (
    SELECT product_id, CAST(added_at AS DATE) AS day, COUNT(*) AS carts
    FROM carts
    WHERE status = 'abandoned'
    GROUP BY product_id, CAST(added_at AS DATE)
)

SELECT
    counts.product_id,
    counts.day,
    counts.views,
    counts.viewers,
    counts.live_clicks,
    counts.carts,
    counts.carts_ordered,
    counts.carts_removed,
    CAST(COALESCE(abandoned.carts, 0) AS INTEGER) AS carts_abandoned,
    counts.buyers,
    counts.orders,
    counts.quantity,
    counts.amount_fen,
    counts.net_fen
FROM product_counts AS counts
LEFT JOIN abandoned ON abandoned.product_id = counts.product_id AND abandoned.day = counts.day
