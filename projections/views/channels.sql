-- A row is one channel in one month: what it cost, whom it brought, what they are worth so far. Staff are left out.
-- 一行是一个渠道在一个月里的花费、带来的人和他们迄今的价值，员工不计。
-- key: channel, month
-- refresh: global
-- from: touchpoints[cost.recorded]
-- from: persons
-- column channel: The channel of the first touch. | 首次接触的渠道
-- column month: First day of the month. | 月份（当月第一天）
-- column cost_fen: Recorded acquisition cost, spread evenly over the days it was recorded for, in fen. | 获客成本：按记录的起止日期平摊到天（分）
-- column new_persons: Persons first seen in that month. | 当月首次出现的人数
-- column new_customers: Those of them who have bought. | 其中已经买过的人（新客）
-- column gmv_fen: Paid minus refunded of these customers so far, in fen. | 这些新客迄今的实付减退款（分）
-- column cac_fen: CAC: cost_fen / new_customers, in fen. | 获客成本 CAC：花费 ÷ 新客数（分）
-- column ltv_fen: LTV observed so far: gmv_fen / new_customers, in fen; no margin taken off. | 迄今观察到的用户终身价值 LTV：成交额 ÷ 新客数（分），未扣毛利
-- column ltv_cac: ltv_fen / cac_fen; healthy above 3. | LTV ÷ CAC，大于 3 为健康
WITH periods AS (
    SELECT
        data ->> '$.channel' AS channel,
        amount_fen AS fen,
        CAST(data ->> '$.since' AS DATE) AS since,
        CAST(data ->> '$.until' AS DATE) AS until
    FROM touchpoints
    WHERE type = 'cost.recorded' AND data ->> '$.since' <= data ->> '$.until'
),

months AS (
    SELECT
        channel, fen, since, until,
        CAST(UNNEST(GENERATE_SERIES(DATE_TRUNC('month', since), DATE_TRUNC('month', until), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM periods
),

costs AS (
    SELECT
        channel,
        month,
        SUM(fen * (LEAST(until, CAST(month + INTERVAL 1 MONTH AS DATE) - 1) - GREATEST(since, month) + 1) // (until - since + 1)) AS cost_fen
    FROM months
    GROUP BY channel, month
),

brought AS (
    SELECT
        channel,
        CAST(DATE_TRUNC('month', CAST(first_seen AS DATE)) AS DATE) AS month,
        COUNT(*) AS new_persons,
        SUM(CASE WHEN paid_orders > 0 THEN 1 ELSE 0 END) AS new_customers,
        SUM(CASE WHEN paid_orders > 0 THEN gmv_fen ELSE 0 END) AS gmv_fen
    FROM persons
    WHERE channel IS NOT NULL AND NOT is_staff
    GROUP BY channel, CAST(DATE_TRUNC('month', CAST(first_seen AS DATE)) AS DATE)
),

known AS (
    SELECT channel, month FROM costs
    UNION
    SELECT channel, month FROM brought
)

SELECT
    known.channel,
    known.month,
    CAST(costs.cost_fen AS BIGINT) AS cost_fen,
    CAST(COALESCE(brought.new_persons, 0) AS INTEGER) AS new_persons,
    CAST(COALESCE(brought.new_customers, 0) AS INTEGER) AS new_customers,
    CAST(COALESCE(brought.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    CAST(ROUND(CAST(costs.cost_fen AS DOUBLE) / NULLIF(brought.new_customers, 0)) AS BIGINT) AS cac_fen,
    CAST(ROUND(CAST(brought.gmv_fen AS DOUBLE) / NULLIF(brought.new_customers, 0)) AS BIGINT) AS ltv_fen,
    CASE WHEN brought.new_customers > 0 THEN CAST(brought.gmv_fen AS DOUBLE) / NULLIF(costs.cost_fen, 0) END AS ltv_cac
FROM known
LEFT JOIN costs ON costs.channel = known.channel AND costs.month = known.month
LEFT JOIN brought ON brought.channel = known.channel AND brought.month = known.month
