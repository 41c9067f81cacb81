-- A row is one product in one order, whoever bought it and whether it was paid or not.
-- 一行是一个订单里的一个商品，不论买家是谁、是否付款。
-- key: order_id, product_id
-- unit: order_id
-- order: order_id
-- from: order_items on order_id
-- from: orders on order_id
-- column order_id: The order's number. | 订单号
-- column product_id: The product. | 商品
-- column person_id: Who bought; NULL while nobody is known. | 买家；还不知道是谁时为空
-- column ordered_at: When the order was placed, or paid where nobody told of the placing. | 下单时间；没有下单记录时取付款时间
-- column paid_day: The local day the order was paid; NULL while it is not. | 付款日；未付款为空
-- column bought: The order is paid and was not refunded in full. | 已付款且未全额退款
-- column title: What the mall calls the product. | 商品名称
-- column category: Its category. | 品类
-- column quantity: How many. | 数量
-- column amount_fen: What its lines cost after discounts, in fen. | 折后金额（分）
-- column net_fen: What is left of that after refunds, the order's refunds shared out by amount, in fen; 0 while nothing is paid. | 退款后的净额：整单退款按金额分摊到商品（分）；未付款为 0
WITH lines AS (
    SELECT
        order_id,
        product_id,
        MAX(title) AS title,
        MAX(category) AS category,
        SUM(quantity) AS quantity,
        SUM(amount_fen) AS amount_fen
    FROM order_items
    WHERE product_id IS NOT NULL
    GROUP BY order_id, product_id
)

SELECT
    lines.order_id,
    lines.product_id,
    orders.person_id,
    COALESCE(orders.placed_at, orders.paid_at) AS ordered_at,
    orders.paid_day,
    orders.paid_at IS NOT NULL AND orders.status <> 'refunded' AS bought,
    lines.title,
    lines.category,
    CAST(lines.quantity AS BIGINT) AS quantity,
    CAST(lines.amount_fen AS BIGINT) AS amount_fen,
    CAST(CASE
        WHEN orders.paid_at IS NULL THEN 0
        WHEN orders.refunded_fen = 0 OR orders.amount_fen = 0 THEN lines.amount_fen
        ELSE ROUND(lines.amount_fen * (CAST(orders.net_fen AS DOUBLE) / orders.amount_fen))
    END AS BIGINT) AS net_fen
FROM lines
INNER JOIN orders ON orders.order_id = lines.order_id
