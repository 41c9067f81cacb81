-- A row is one product that was ordered, as of the last closed day; staff's orders are left out.
-- 一行是一个有人下过单的商品，截至最近一个已结束日，员工的订单不计。
-- key: product_id
-- refresh: global
-- from: order_products
-- from: staff
-- column product_id: The product. | 商品
-- column title: What the mall calls it, as in the latest order that tells. | 商品名称，以最近一个写明的订单为准
-- column category: Its category, likewise. | 品类，同上
-- column buyers: Distinct persons with a paid order with it, not refunded in full. | 买过的人数（已付款且未全额退款）
-- column orders: Those orders. | 这些订单的数量
-- column quantity: Pieces in them. | 件数
-- column net_fen: What they cost after refunds, in fen. | 退款后的净额（分）
-- column last_sold_day: The last day on which one of them was paid. | 最近售出日
WITH told AS (
    SELECT
        order_products.product_id, order_products.person_id, order_products.bought, order_products.quantity,
        order_products.net_fen, order_products.paid_day,
        NULLIF(order_products.title, '') AS title,
        NULLIF(order_products.category, '') AS category,
        ROW_NUMBER() OVER (
            PARTITION BY order_products.product_id, order_products.title = ''
            ORDER BY order_products.ordered_at DESC NULLS LAST, order_products.order_id
        ) AS title_rank,
        ROW_NUMBER() OVER (
            PARTITION BY order_products.product_id, order_products.category = ''
            ORDER BY order_products.ordered_at DESC NULLS LAST, order_products.order_id
        ) AS category_rank
    FROM order_products
    LEFT JOIN staff ON staff.person_id = order_products.person_id
    WHERE staff.person_id IS NULL
)

SELECT
    product_id,
    MAX(CASE WHEN title_rank = 1 THEN title END) AS title,
    MAX(CASE WHEN category_rank = 1 THEN category END) AS category,
    CAST(COUNT(DISTINCT CASE WHEN bought THEN person_id END) AS INTEGER) AS buyers,
    CAST(SUM(CASE WHEN bought THEN 1 ELSE 0 END) AS INTEGER) AS orders,
    CAST(SUM(CASE WHEN bought THEN quantity ELSE 0 END) AS BIGINT) AS quantity,
    CAST(SUM(CASE WHEN bought THEN net_fen ELSE 0 END) AS BIGINT) AS net_fen,
    MAX(CASE WHEN bought THEN paid_day END) AS last_sold_day
FROM told
GROUP BY product_id
