-- A row is one product on one local day on which it was looked at, put into carts or paid for; staff are left out. `product_days` adds what is known only when the day is over.
-- 一行是一个商品在被浏览、加购或付款的某一天的计数，员工不计。要等到日终才知道的部分见 product_days。
-- key: product_id, day
-- unit: day
-- order: day
-- from: touchpoints[product.viewed, live.product_clicked] on day
-- from: cart_stays on added_day
-- from: order_products on paid_day
-- lookup: staff on person_id via touchpoints
-- lookup: staff on person_id via order_products
-- column product_id: The product. | 商品
-- column day: The local day. | 日期
-- column views: Views in the mall. | 商城浏览次数
-- column viewers: Distinct persons who viewed it in the mall. | 商城浏览人数
-- column live_clicks: Times it was opened in a live. | 直播间点击次数
-- column carts: Stays in carts that began that day. | 当天开始的加购次数
-- column carts_ordered: Those of them that were ordered within 24 hours. | 其中 24 小时内下单的
-- column carts_removed: Those of them that were taken out again. | 其中被移出的
-- column buyers: Distinct persons who paid for it that day. | 当天付款的人数
-- column orders: Orders with it, paid that day. | 当天付款且含此商品的订单数
-- column quantity: Pieces in them. | 件数
-- column amount_fen: What they cost after discounts, in fen. | 折后金额（分）
-- column net_fen: What is left of that after refunds, as known now, in fen. | 退款后的净额（按目前所知，分）
WITH looked AS (
    SELECT
        touchpoints.product_id,
        touchpoints.day,
        SUM(CASE WHEN touchpoints.type = 'product.viewed' THEN 1 ELSE 0 END) AS views,
        COUNT(DISTINCT CASE WHEN touchpoints.type = 'product.viewed' THEN touchpoints.person_id END) AS viewers,
        SUM(CASE WHEN touchpoints.type = 'live.product_clicked' THEN 1 ELSE 0 END) AS live_clicks
    FROM touchpoints
    LEFT JOIN staff ON staff.person_id = touchpoints.person_id
    WHERE touchpoints.type IN ('product.viewed', 'live.product_clicked')
        AND touchpoints.product_id IS NOT NULL
        AND staff.person_id IS NULL
    GROUP BY touchpoints.product_id, touchpoints.day
),

put AS (
    SELECT
        product_id,
        added_day AS day,
        COUNT(*) AS carts,
        SUM(CASE WHEN removed_at IS NULL AND ordered_at <= expires_at THEN 1 ELSE 0 END) AS carts_ordered,
        SUM(CASE WHEN removed_at IS NOT NULL THEN 1 ELSE 0 END) AS carts_removed
    FROM cart_stays
    GROUP BY product_id, added_day
),

sold AS (
    SELECT
        order_products.product_id,
        order_products.paid_day AS day,
        COUNT(DISTINCT order_products.person_id) AS buyers,
        COUNT(*) AS orders,
        SUM(order_products.quantity) AS quantity,
        SUM(order_products.amount_fen) AS amount_fen,
        SUM(order_products.net_fen) AS net_fen
    FROM order_products
    LEFT JOIN staff ON staff.person_id = order_products.person_id
    WHERE order_products.paid_day IS NOT NULL AND staff.person_id IS NULL
    GROUP BY order_products.product_id, order_products.paid_day
),

known AS (
    SELECT product_id, day FROM looked
    UNION
    SELECT product_id, day FROM put
    UNION
    SELECT product_id, day FROM sold
)

SELECT
    known.product_id,
    known.day,
    CAST(COALESCE(looked.views, 0) AS INTEGER) AS views,
    CAST(COALESCE(looked.viewers, 0) AS INTEGER) AS viewers,
    CAST(COALESCE(looked.live_clicks, 0) AS INTEGER) AS live_clicks,
    CAST(COALESCE(put.carts, 0) AS INTEGER) AS carts,
    CAST(COALESCE(put.carts_ordered, 0) AS INTEGER) AS carts_ordered,
    CAST(COALESCE(put.carts_removed, 0) AS INTEGER) AS carts_removed,
    CAST(COALESCE(sold.buyers, 0) AS INTEGER) AS buyers,
    CAST(COALESCE(sold.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(sold.quantity, 0) AS BIGINT) AS quantity,
    CAST(COALESCE(sold.amount_fen, 0) AS BIGINT) AS amount_fen,
    CAST(COALESCE(sold.net_fen, 0) AS BIGINT) AS net_fen
FROM known
LEFT JOIN looked ON looked.product_id = known.product_id AND looked.day = known.day
LEFT JOIN put ON put.product_id = known.product_id AND put.day = known.day
LEFT JOIN sold ON sold.product_id = known.product_id AND sold.day = known.day
