-- A row is one line of an order, as the latest event that lists the lines has it.
-- 一行是订单里的一件商品，以最近一次列出明细的事件为准。
-- key: order_id, line
-- unit: order_id
-- order: order_id
-- from: touchpoints[order.placed, order.paid] on order_id
-- column order_id: The order's number. | 订单号
-- column line: Place in the order, from 1. | 第几行，从 1 开始
-- column product_id: The product. | 商品
-- column title: What the mall calls it. | 商品名称
-- column category: Its category. | 品类
-- column quantity: How many. | 数量
-- column amount_fen: What the whole line costs after discounts, in fen. | 该行折后金额（分）
SELECT
    order_id,
    line,
    JSON_EXTRACT_STRING(items, '$[' || (line - 1) || '].product') AS product_id,
    COALESCE(JSON_EXTRACT_STRING(items, '$[' || (line - 1) || '].title'), '') AS title,
    COALESCE(JSON_EXTRACT_STRING(items, '$[' || (line - 1) || '].category'), '') AS category,
    COALESCE(CAST(JSON_EXTRACT_STRING(items, '$[' || (line - 1) || '].quantity') AS INTEGER), 1) AS quantity,
    COALESCE(CAST(JSON_EXTRACT_STRING(items, '$[' || (line - 1) || '].amount_fen') AS BIGINT), 0) AS amount_fen
FROM (
    SELECT order_id, items, CAST(UNNEST(RANGE(1, CAST(lines AS BIGINT) + 1)) AS INTEGER) AS line
    FROM (
        SELECT
            order_id,
            JSON_EXTRACT(data, '$.items') AS items,
            JSON_ARRAY_LENGTH(data, '$.items') AS lines,
            ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY occurred_at DESC, position DESC) AS latest
        FROM touchpoints
        WHERE type IN ('order.placed', 'order.paid')
            AND order_id IS NOT NULL
            AND JSON_ARRAY_LENGTH(data, '$.items') > 0
    ) AS listed
    WHERE latest = 1
) AS numbered
