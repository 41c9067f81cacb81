-- A row is one channel in one month: what it cost, whom it brought, what they are worth so far. Staff are left out.
-- 一行是一个渠道在一个月里的花费、带来的人和他们迄今的价值，员工不计。
-- key: channel, month
-- refresh: global
-- from: costs
-- from: people
-- from: settings
-- column channel: The channel of the first touch. | 首次接触的渠道
-- column month: First day of the month. | 月份（当月第一天）
-- column cost_fen: Recorded acquisition cost, spread evenly over the days it was recorded for, in fen; the months of a cost add up to it. | 获客成本：按记录的起止日期平摊到天（分），各月之和等于记录的总额
-- column new_persons: Persons first seen in that month. | 当月首次出现的人数
-- column new_customers: Those of them who have bought. | 其中已经买过的人（新客）
-- column gmv_fen: Paid minus refunded of these customers so far, in fen. | 这些新客迄今的实付减退款（分）
-- column cac_fen: CAC: cost_fen / new_customers, in fen. | 获客成本 CAC：花费 ÷ 新客数（分）
-- column ltv_fen: LTV observed so far: gmv_fen / new_customers, times the gross margin where the workspace states one, in fen. | 迄今观察到的用户终身价值 LTV：成交额 ÷ 新客数，填写了毛利率时乘以毛利率（分）
-- column ltv_cac: ltv_fen / cac_fen. | 终身价值与获客成本之比：LTV ÷ CAC
-- column healthy: ltv_cac is above 3. | 是否健康：LTV ÷ CAC 大于 3
WITH months AS (
    SELECT
        channel, fen, days,
        DATE_DIFF('day', since, GREATEST(since, CAST(month AS DATE))) AS days_before,
        DATE_DIFF('day', since, LEAST(until, CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE))) + 1 AS days_after,
        CAST(month AS DATE) AS month
    FROM (
        SELECT
            channel, fen, since, until, days,
            UNNEST(GENERATE_SERIES(DATE_TRUNC('month', since), DATE_TRUNC('month', until), INTERVAL 1 MONTH)) AS month
        FROM costs
    ) AS spread
),

-- What falls on the days up to the end of a month, less what fell on those before it: so nothing is lost by rounding.
spent AS (
    SELECT
        channel,
        month,
        SUM(
            fen // days * (days_after - days_before) + fen % days * days_after // days - fen % days * days_before // days
        ) AS cost_fen
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
    FROM people
    WHERE channel IS NOT NULL AND NOT is_staff
    GROUP BY channel, CAST(DATE_TRUNC('month', CAST(first_seen AS DATE)) AS DATE)
),

known AS (
    SELECT channel, month FROM spent
    UNION
    SELECT channel, month FROM brought
),

valued AS (
    SELECT
        known.channel,
        known.month,
        CAST(spent.cost_fen AS BIGINT) AS cost_fen,
        CAST(COALESCE(brought.new_persons, 0) AS INTEGER) AS new_persons,
        CAST(COALESCE(brought.new_customers, 0) AS INTEGER) AS new_customers,
        CAST(COALESCE(brought.gmv_fen, 0) AS BIGINT) AS gmv_fen,
        CAST(spent.cost_fen AS DOUBLE) / NULLIF(brought.new_customers, 0) AS cac_fen,
        CAST(brought.gmv_fen AS DOUBLE) * COALESCE(settings.gross_margin, 1) / NULLIF(brought.new_customers, 0) AS ltv_fen
    FROM known
    CROSS JOIN settings
    LEFT JOIN spent ON spent.channel = known.channel AND spent.month = known.month
    LEFT JOIN brought ON brought.channel = known.channel AND brought.month = known.month
)

SELECT
    channel,
    month,
    cost_fen,
    new_persons,
    new_customers,
    gmv_fen,
    CAST(ROUND(cac_fen) AS BIGINT) AS cac_fen,
    CAST(ROUND(ltv_fen) AS BIGINT) AS ltv_fen,
    ltv_fen / NULLIF(cac_fen, 0) AS ltv_cac,
    ltv_fen / NULLIF(cac_fen, 0) > 3 AS healthy
FROM valued
