-- A row is one stay of a product in a person's cart: from putting it in until it was ordered, taken out again, or left alone for 24 hours; staff are left out. `carts` says how each ended.
-- 一行是一件商品在一个人购物车里的一次停留：从加购到下单、移出或 24 小时无动作为止，员工不计。结果见 carts。
-- key: person_id, product_id, added_at
-- unit: person_id
-- from: touchpoints[cart.added, cart.removed] on person_id
-- from: order_products on person_id
-- from: staff on person_id
-- column person_id: The person. | 人
-- column product_id: The product. | 商品
-- column added_at: When it was first put in. | 首次加购时间
-- column added_day: The local day of that. | 首次加购日
-- column last_added_at: When it was last put in. | 最后一次加购时间
-- column quantity: Pieces put in. | 加购件数
-- column amount_fen: What they cost together, as the mall told, in fen. | 加购金额（分）
-- column removed_at: When the last piece was taken out; NULL if something stayed in. | 全部移出的时间；仍有商品时为空
-- column ordered_at: When the person placed an order with that product, next after putting it in. | 加购之后该买家下单此商品的时间
-- column expires_at: 24 hours after it was last put in: what was neither ordered nor taken out until then counts as abandoned. | 最后一次加购后 24 小时：到此时仍未下单也未移出即算弃购
-- column expires_day: The local day of that. | 该时刻所在日
WITH moves AS (
    SELECT
        person_id,
        product_id,
        occurred_at AS moved_at,
        CASE WHEN type = 'cart.added' THEN 1 ELSE 2 END AS turn,
        position,
        COALESCE(CAST(data ->> '$.quantity' AS BIGINT), 1) AS pieces,
        amount_fen
    FROM touchpoints
    WHERE type IN ('cart.added', 'cart.removed') AND person_id IS NOT NULL AND product_id IS NOT NULL
    UNION
    SELECT person_id, product_id, ordered_at AS moved_at, 3 AS turn, 0 AS position, 0 AS pieces, 0 AS amount_fen
    FROM order_products
    WHERE person_id IS NOT NULL AND ordered_at IS NOT NULL
),

told AS (
    SELECT
        person_id, product_id, moved_at, turn, position, pieces, amount_fen,
        LAG(turn) OVER (PARTITION BY person_id, product_id ORDER BY moved_at, turn, position) AS turn_before,
        LAG(moved_at) OVER (PARTITION BY person_id, product_id ORDER BY moved_at, turn, position) AS moved_before
    FROM moves
),

visits AS (
    SELECT
        person_id, product_id, moved_at, turn, position, pieces, amount_fen,
        CASE turn WHEN 1 THEN pieces WHEN 2 THEN -pieces ELSE 0 END AS step,
        SUM(CASE
            WHEN turn < 3 AND (turn_before IS NULL OR turn_before = 3 OR moved_at > moved_before + INTERVAL 24 HOUR) THEN 1
            ELSE 0
        END) OVER (
            PARTITION BY person_id, product_id ORDER BY moved_at, turn, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS visit
    FROM told
),

summed AS (
    SELECT
        person_id, product_id, visit, moved_at, turn, position, pieces, amount_fen,
        SUM(step) OVER (
            PARTITION BY person_id, product_id, visit ORDER BY moved_at, turn, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS total
    FROM visits
),

-- Nobody takes out more than is in: the cart is empty whenever the total is as low as it ever was, or lower.
emptied AS (
    SELECT
        person_id, product_id, visit, moved_at, turn, position, pieces, amount_fen,
        CASE WHEN turn = 2 AND total <= LEAST(0, MIN(total) OVER (
            PARTITION BY person_id, product_id, visit ORDER BY moved_at, turn, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )) THEN 1 ELSE 0 END AS is_empty
    FROM summed
),

stays AS (
    SELECT
        person_id, product_id, visit, moved_at, turn, pieces, amount_fen, is_empty,
        SUM(is_empty) OVER (
            PARTITION BY person_id, product_id, visit ORDER BY moved_at, turn, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) - is_empty AS stay
    FROM emptied
),

counted AS (
    SELECT
        person_id,
        product_id,
        MIN(CASE WHEN turn = 1 THEN moved_at END) AS added_at,
        MAX(CASE WHEN turn = 1 THEN moved_at END) AS last_added_at,
        SUM(CASE WHEN turn = 1 THEN pieces ELSE 0 END) AS quantity,
        SUM(CASE WHEN turn = 1 THEN amount_fen ELSE 0 END) AS amount_fen,
        MAX(CASE WHEN is_empty = 1 THEN moved_at END) AS removed_at,
        MIN(CASE WHEN turn = 3 THEN moved_at END) AS ordered_at
    FROM stays
    GROUP BY person_id, product_id, visit, stay
)

SELECT
    counted.person_id,
    counted.product_id,
    counted.added_at,
    CAST(counted.added_at AS DATE) AS added_day,
    counted.last_added_at,
    CAST(counted.quantity AS BIGINT) AS quantity,
    CAST(COALESCE(counted.amount_fen, 0) AS BIGINT) AS amount_fen,
    counted.removed_at,
    counted.ordered_at,
    counted.last_added_at + INTERVAL 24 HOUR AS expires_at,
    CAST(counted.last_added_at + INTERVAL 24 HOUR AS DATE) AS expires_day
FROM counted
LEFT JOIN staff ON staff.person_id = counted.person_id
WHERE counted.added_at IS NOT NULL AND staff.person_id IS NULL
