-- A row is one local day of the mall. Persons are counted after identities are merged; staff are left out.
-- 一行是商城某一天的指标。人数按合并身份后计算，员工不计。
-- key: day
-- unit: day
-- from: mall_visitors on day
-- from: orders on placed_day | paid_day | due_day
-- lookup: staff on person_id via orders
-- column day: The local day. | 日期
-- column visitors: Distinct persons with any view of the mall. | 访客数：有任何商城浏览的人数
-- column cart_adders: Visitors who added to the cart. | 加购人数：访客中加购的人
-- column buyers: Distinct persons with an order paid that day. | 买家数：当天有订单付款的人数
-- column paying_visitors: Visitors who paid that day. | 访客中当天付款的人数
-- column orders: Orders placed that day. | 当天下单数
-- column paid_orders: Orders paid that day. | 当天付款订单数
-- column gmv_fen: Paid minus refunded, as known now, of the orders paid that day, in fen. | 成交额：当天付款订单的实付减退款（按目前所知，分）
-- column refunded_fen: What of it was refunded since, in fen. | 这些订单迄今的退款（分）
-- column cart_rate: Visitors who added to the cart / visitors. | 加购率：加购访客 ÷ 访客数
-- column pay_conversion: Visitors who paid / visitors. | 支付转化率：付款访客 ÷ 访客数
-- column spend_per_buyer_fen: Paid minus refunded of orders whose buyer is known / distinct buyers, in fen. | 客单价：（实付 − 退款）÷ 买家数，不知道买家是谁的订单不计（分）
-- column average_order_fen: Paid minus refunded / paid orders, in fen. | 笔单价：实付减退款 ÷ 付款订单数（分）
-- column picked_up: Of the pickups due that day, those that were picked up within the promised time. | 当天应自提且按时提走的订单
-- column pickup_due: Paid pickup orders whose promised time ended that day, or, where no time was promised, that were ready that day; refunded and cancelled ones left out. | 当天到期的自提订单（未约定时间的按备好当天），已退款和已取消的不计
-- column pickup_rate: picked_up / pickup_due. | 自提履约率：按时自提 ÷ 应自提
WITH bought AS (
    SELECT
        orders.order_id, orders.person_id, orders.placed_day, orders.paid_at, orders.paid_day, orders.due_day, orders.due_at,
        orders.picked_up_at, orders.pickup, orders.status, orders.net_fen, orders.refunded_fen
    FROM orders
    LEFT JOIN staff ON staff.person_id = orders.person_id
    WHERE staff.person_id IS NULL
),

payers AS (
    SELECT DISTINCT paid_day AS day, person_id
    FROM bought
    WHERE paid_day IS NOT NULL AND person_id IS NOT NULL
),

visits AS (
    SELECT
        mall_visitors.day,
        SUM(CASE WHEN mall_visitors.views > 0 THEN 1 ELSE 0 END) AS visitors,
        SUM(CASE WHEN mall_visitors.views > 0 AND mall_visitors.carts > 0 THEN 1 ELSE 0 END) AS cart_adders,
        SUM(CASE WHEN mall_visitors.views > 0 AND payers.person_id IS NOT NULL THEN 1 ELSE 0 END) AS paying_visitors
    FROM mall_visitors
    LEFT JOIN payers ON payers.day = mall_visitors.day AND payers.person_id = mall_visitors.person_id
    GROUP BY mall_visitors.day
),

placed AS (
    SELECT placed_day AS day, COUNT(*) AS orders
    FROM bought
    WHERE placed_day IS NOT NULL
    GROUP BY placed_day
),

paid AS (
    SELECT
        paid_day AS day,
        COUNT(*) AS paid_orders,
        COUNT(DISTINCT person_id) AS buyers,
        SUM(net_fen) AS gmv_fen,
        SUM(CASE WHEN person_id IS NOT NULL THEN net_fen END) AS spent_fen,
        SUM(refunded_fen) AS refunded_fen
    FROM bought
    WHERE paid_day IS NOT NULL
    GROUP BY paid_day
),

due AS (
    SELECT
        due_day AS day,
        COUNT(*) AS pickup_due,
        SUM(CASE WHEN picked_up_at IS NOT NULL AND (due_at IS NULL OR picked_up_at <= due_at) THEN 1 ELSE 0 END) AS picked_up
    FROM bought
    WHERE due_day IS NOT NULL AND paid_at IS NOT NULL AND pickup AND status NOT IN ('refunded', 'cancelled')
    GROUP BY due_day
),

days AS (
    SELECT day FROM visits
    UNION
    SELECT day FROM placed
    UNION
    SELECT day FROM paid
    UNION
    SELECT day FROM due
)

SELECT
    days.day,
    CAST(COALESCE(visits.visitors, 0) AS INTEGER) AS visitors,
    CAST(COALESCE(visits.cart_adders, 0) AS INTEGER) AS cart_adders,
    CAST(COALESCE(paid.buyers, 0) AS INTEGER) AS buyers,
    CAST(COALESCE(visits.paying_visitors, 0) AS INTEGER) AS paying_visitors,
    CAST(COALESCE(placed.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(paid.paid_orders, 0) AS INTEGER) AS paid_orders,
    CAST(COALESCE(paid.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    CAST(COALESCE(paid.refunded_fen, 0) AS BIGINT) AS refunded_fen,
    CAST(visits.cart_adders AS DOUBLE) / NULLIF(visits.visitors, 0) AS cart_rate,
    CAST(COALESCE(visits.paying_visitors, 0) AS DOUBLE) / NULLIF(visits.visitors, 0) AS pay_conversion,
    CAST(ROUND(CAST(paid.spent_fen AS DOUBLE) / NULLIF(paid.buyers, 0)) AS BIGINT) AS spend_per_buyer_fen,
    CAST(ROUND(CAST(paid.gmv_fen AS DOUBLE) / NULLIF(paid.paid_orders, 0)) AS BIGINT) AS average_order_fen,
    CAST(COALESCE(due.picked_up, 0) AS INTEGER) AS picked_up,
    CAST(COALESCE(due.pickup_due, 0) AS INTEGER) AS pickup_due,
    CAST(due.picked_up AS DOUBLE) / NULLIF(due.pickup_due, 0) AS pickup_rate
FROM days
LEFT JOIN visits ON visits.day = days.day
LEFT JOIN placed ON placed.day = days.day
LEFT JOIN paid ON paid.day = days.day
LEFT JOIN due ON due.day = days.day
