-- A row is one order, with everything that became of it, whoever told us and in whatever order.
-- 一行是一个订单及其全部经过，无论消息从哪里来、按什么顺序到。
-- key: order_id
-- unit: order_id
-- order: order_id
-- from: touchpoints[order.*] on order_id
-- from: order_items on order_id
-- column order_id: The order's number. | 订单号
-- column person_id: Who bought; NULL while nobody is known. | 买家；还不知道是谁时为空
-- column placed_at: When it was placed. | 下单时间
-- column paid_at: When it was paid; NULL while it is not. | 付款时间；未付款为空
-- column amount_fen: What was paid, before payment what was asked, in fen. | 实付金额；未付款时为应付金额（分）
-- column refunded_fen: What went back, at most what was paid; a refund that tells no sum is all that was left. | 已退金额，不超过实付；未说明金额的退款视为退掉剩余全部（分）
-- column net_fen: Paid minus refunded; 0 while nothing is paid. | 实付减退款；未付款为 0（分）
-- column status: placed, paid, shipped, ready, picked_up, completed, cancelled, partly_refunded or refunded. | 状态
-- column pickup: The neighbour comes for it. | 是否到店自提
-- column ready_at: When it was ready for pickup. | 备好待提的时间
-- column due_at: Until when it was promised to be kept, where a time was told. | 约定的最晚自提时间（如有）
-- column picked_up_at: When it was picked up. | 自提时间
-- column completed_at: When it was done. | 完成时间
-- column cancelled_at: When it was closed without, or after, its payment. | 关闭时间
-- column live_id: The live it came from. | 来自哪场直播
-- column channel: The channel it came through. | 渠道
-- column store_id: The store. | 门店
-- column campaign_id: The campaign. | 战役
-- column items: How many pieces. | 件数
-- column categories: Categories of its items, sorted. | 品类（已排序）
-- column placed_day: The local day it was placed. | 下单日
-- column paid_day: The local day it was paid. | 付款日
-- column due_day: The local day its pickup was due: of due_at, else of ready_at. | 应自提日：约定时间所在日，未约定则为备好当天
WITH told AS (
    SELECT
        order_id, type, occurred_at, day, position, amount_fen, data,
        FIRST_VALUE(person_id IGNORE NULLS) OVER story AS person_id,
        FIRST_VALUE(live_id IGNORE NULLS) OVER story AS live_id,
        FIRST_VALUE(channel IGNORE NULLS) OVER story AS channel,
        FIRST_VALUE(store_id IGNORE NULLS) OVER story AS store_id,
        FIRST_VALUE(campaign_id IGNORE NULLS) OVER story AS campaign_id,
        FIRST_VALUE(CASE WHEN type = 'order.placed' THEN amount_fen END IGNORE NULLS) OVER story AS asked_fen,
        FIRST_VALUE(CASE WHEN type = 'order.paid' THEN amount_fen END IGNORE NULLS) OVER story AS paid_fen
    FROM touchpoints
    WHERE type LIKE 'order.%' AND order_id IS NOT NULL
    WINDOW story AS (
        PARTITION BY order_id ORDER BY occurred_at, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),

refunds AS (
    SELECT
        order_id,
        SUM(amount_fen) AS amount_fen,
        MAX(whole) AS whole
    FROM (
        SELECT
            order_id,
            COALESCE(data ->> '$.refund', CAST(position AS VARCHAR)) AS refund,
            MAX(amount_fen) AS amount_fen,
            MAX(CASE WHEN amount_fen IS NULL THEN 1 ELSE 0 END) AS whole
        FROM told
        WHERE type = 'order.refunded'
        GROUP BY order_id, COALESCE(data ->> '$.refund', CAST(position AS VARCHAR))
    ) AS one
    GROUP BY order_id
),

facts AS (
    SELECT
        order_id,
        MAX(person_id) AS person_id,
        MAX(live_id) AS live_id,
        MAX(channel) AS channel,
        MAX(store_id) AS store_id,
        MAX(campaign_id) AS campaign_id,
        MIN(CASE WHEN type = 'order.placed' THEN occurred_at END) AS placed_at,
        MIN(CASE WHEN type = 'order.placed' THEN day END) AS placed_day,
        MIN(CASE WHEN type = 'order.paid' THEN occurred_at END) AS paid_at,
        MIN(CASE WHEN type = 'order.paid' THEN day END) AS paid_day,
        MAX(asked_fen) AS asked_fen,
        MAX(paid_fen) AS paid_fen,
        MIN(CASE WHEN type = 'order.shipped' THEN occurred_at END) AS shipped_at,
        MIN(CASE WHEN type = 'order.ready_for_pickup' THEN occurred_at END) AS ready_at,
        MIN(CASE WHEN type = 'order.ready_for_pickup' THEN day END) AS ready_day,
        MAX(CASE WHEN type = 'order.ready_for_pickup' THEN MAKE_TIMESTAMPTZ(CAST(data ->> '$.due_at' AS BIGINT)) END) AS due_at,
        MIN(CASE WHEN type = 'order.picked_up' THEN occurred_at END) AS picked_up_at,
        MIN(CASE WHEN type = 'order.completed' THEN occurred_at END) AS completed_at,
        MAX(CASE WHEN type = 'order.cancelled' THEN occurred_at END) AS cancelled_at,
        MAX(CASE WHEN data ->> '$.pickup' = 'true' OR type IN ('order.ready_for_pickup', 'order.picked_up') THEN 1 ELSE 0 END) AS pickup
    FROM told
    GROUP BY order_id
),

money AS (
    SELECT
        facts.order_id,
        COALESCE(paid_fen, asked_fen) AS amount_fen,
        CASE
            WHEN paid_at IS NOT NULL AND (refunds.whole = 1 OR cancelled_at >= paid_at) THEN COALESCE(paid_fen, asked_fen, 0)
            ELSE LEAST(COALESCE(refunds.amount_fen, 0), COALESCE(paid_fen, asked_fen, 0))
        END AS refunded_fen,
        COALESCE(refunds.whole, 0) AS refunded_whole
    FROM facts
    LEFT JOIN refunds ON refunds.order_id = facts.order_id
),

contents AS (
    SELECT order_id, SUM(quantity) AS items
    FROM order_items
    GROUP BY order_id
),

named AS (
    SELECT order_id, ARRAY_AGG(category ORDER BY category) AS categories
    FROM (
        SELECT order_id, category FROM order_items WHERE category <> ''
        UNION
        SELECT order_id, UNNEST(CAST(JSON_EXTRACT_STRING(data, '$.categories[*]') AS VARCHAR[])) AS category
        FROM told
        WHERE type IN ('order.placed', 'order.paid')
    ) AS category_of
    GROUP BY order_id
)

SELECT
    facts.order_id,
    facts.person_id,
    facts.placed_at,
    facts.paid_at,
    CAST(money.amount_fen AS BIGINT) AS amount_fen,
    CAST(money.refunded_fen AS BIGINT) AS refunded_fen,
    CAST(CASE WHEN facts.paid_at IS NULL THEN 0 ELSE COALESCE(money.amount_fen, 0) - money.refunded_fen END AS BIGINT) AS net_fen,
    CASE
        WHEN money.refunded_whole = 1 OR (money.refunded_fen > 0 AND money.refunded_fen >= money.amount_fen) THEN 'refunded'
        WHEN facts.cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN money.refunded_fen > 0 THEN 'partly_refunded'
        WHEN facts.completed_at IS NOT NULL THEN 'completed'
        WHEN facts.picked_up_at IS NOT NULL THEN 'picked_up'
        WHEN facts.ready_at IS NOT NULL THEN 'ready'
        WHEN facts.shipped_at IS NOT NULL THEN 'shipped'
        WHEN facts.paid_at IS NOT NULL THEN 'paid'
        ELSE 'placed'
    END AS status,
    facts.pickup = 1 AS pickup,
    facts.ready_at,
    facts.due_at,
    facts.picked_up_at,
    facts.completed_at,
    facts.cancelled_at,
    facts.live_id,
    facts.channel,
    facts.store_id,
    facts.campaign_id,
    CAST(COALESCE(contents.items, 0) AS BIGINT) AS items,
    COALESCE(named.categories, CAST([] AS VARCHAR[])) AS categories,
    facts.placed_day,
    facts.paid_day,
    COALESCE(CAST(facts.due_at AS DATE), facts.ready_day) AS due_day
FROM facts
INNER JOIN money ON money.order_id = facts.order_id
LEFT JOIN contents ON contents.order_id = facts.order_id
LEFT JOIN named ON named.order_id = facts.order_id
