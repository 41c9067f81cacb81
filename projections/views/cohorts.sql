-- A row is one cohort of customers, those whose first paid order fell into the same month, at one age in months: what they were worth by then, observed until the last closed day and projected from the curve for the rest of their first twelve months; staff are left out.
-- 一行是一批首单在同一个月的顾客在某个“月龄”时的累计价值：截至最近一个已结束日为实际观察，首年剩余月份按曲线预测，员工不计。
-- key: cohort_month, channel, age
-- refresh: global
-- from: orders
-- from: people
-- from: closed_days
-- from: settings
-- column cohort_month: First day of the month of the first paid order that was not refunded in full. | 首单月份（当月第一天）
-- column channel: The channel of the first touch, empty where none is known; NULL for all customers together. | 首次接触的渠道，未知为空字符串；NULL 为全部渠道合计
-- column age: Months since the cohort's month, from 0; 35 at most. | 距首单月份的月数，从 0 开始，最多 35
-- column month: First day of the month at that age. | 该月龄对应的月份
-- column state: complete, open (the month is not over), or projected. | 状态：complete 已完整、open 当月未结束、projected 预测
-- column customers: Customers of the cohort. | 顾客数
-- column buyers: Those who paid in that month. | 当月有付款的人数
-- column retention: buyers / customers. | 留存：当月付款人数 ÷ 顾客数
-- column repurchased: Those who paid on a second day until the end of that month. | 截至该月已在第二天及以后再次付款的人数
-- column repurchase_share: repurchased / customers. | 复购占比：复购人数 ÷ 顾客数
-- column gmv_fen: Paid minus refunded of the orders paid in that month, in fen. | 当月付款订单的实付减退款（分）
-- column cumulative_fen: The same from the first month to the end of that month. | 自首月累计（分）
-- column ltv_fen: LTV observed: cumulative_fen / customers, times the gross margin where the workspace states one, in fen. | 观察 LTV：累计 ÷ 顾客数，填写了毛利率时乘以毛利率（分）
-- column projected_ltv_fen: LTV at the end of that month: observed where the month is complete, else by chain ladder from the cohort's last complete month, with the growth from month to month that all earlier cohorts together showed. | 该月末 LTV：已完整的月份为观察值，其余用链梯法：从该批最近的完整月份起，按以往各批合计的逐月增长推算（分）
WITH closed AS (
    SELECT MAX(closed_days.day) AS day FROM closed_days
),

bought AS (
    SELECT
        orders.person_id,
        COALESCE(people.channel, '') AS channel,
        orders.paid_day,
        CAST(DATE_TRUNC('month', orders.paid_day) AS DATE) AS month,
        SUM(orders.net_fen) AS net_fen
    FROM orders
    INNER JOIN people ON people.person_id = orders.person_id
    INNER JOIN closed ON closed.day >= orders.paid_day
    WHERE orders.paid_at IS NOT NULL AND orders.status <> 'refunded' AND NOT people.is_staff
    GROUP BY orders.person_id, COALESCE(people.channel, ''), orders.paid_day, CAST(DATE_TRUNC('month', orders.paid_day) AS DATE)
),

days AS (
    SELECT
        person_id, channel, month, net_fen,
        MIN(month) OVER (PARTITION BY person_id) AS cohort_month,
        ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY paid_day) AS nth
    FROM bought
),

cells AS (
    SELECT
        cohort_month, channel,
        DATE_DIFF('month', cohort_month, month) AS age,
        COUNT(DISTINCT person_id) AS buyers,
        SUM(CASE WHEN nth = 1 THEN 1 ELSE 0 END) AS customers,
        SUM(CASE WHEN nth = 2 THEN 1 ELSE 0 END) AS came_again,
        SUM(net_fen) AS net_fen
    FROM days
    GROUP BY cohort_month, channel, DATE_DIFF('month', cohort_month, month)
),

grown AS (
    SELECT cohort_month, channel, age, buyers, customers, came_again, net_fen FROM cells
    UNION ALL
    SELECT cohort_month, NULL AS channel, age, SUM(buyers), SUM(customers), SUM(came_again), SUM(net_fen)
    FROM cells
    GROUP BY cohort_month, age
),

sizes AS (
    SELECT
        grown.cohort_month,
        grown.channel,
        SUM(grown.customers) AS customers,
        -- The last age that is complete; -1 in a cohort's first month.
        DATE_DIFF('month', grown.cohort_month, CAST(closed.day + INTERVAL 1 DAY AS DATE)) - 1 AS complete,
        DATE_DIFF('month', grown.cohort_month, closed.day) AS seen
    FROM grown
    CROSS JOIN closed
    GROUP BY grown.cohort_month, grown.channel, closed.day
),

ages AS (
    SELECT cohort_month, channel, customers, complete, seen, UNNEST(RANGE(0, 36)) AS age
    FROM sizes
),

observed AS (
    SELECT
        ages.cohort_month, ages.channel, ages.customers, ages.complete, ages.age,
        COALESCE(grown.buyers, 0) AS buyers,
        COALESCE(grown.net_fen, 0) AS net_fen,
        SUM(COALESCE(grown.came_again, 0)) OVER (
            PARTITION BY ages.cohort_month, ages.channel ORDER BY ages.age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS repurchased,
        SUM(COALESCE(grown.net_fen, 0)) OVER (
            PARTITION BY ages.cohort_month, ages.channel ORDER BY ages.age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS cumulative_fen
    FROM ages
    LEFT JOIN grown
        ON grown.cohort_month = ages.cohort_month
        AND grown.channel IS NOT DISTINCT FROM ages.channel
        AND grown.age = ages.age
    WHERE ages.age <= ages.seen
),

-- By what factor a cohort grows into an age, from all grown that have it complete.
steps AS (
    SELECT
        later.age,
        CAST(SUM(later.cumulative_fen) AS DOUBLE) / NULLIF(SUM(earlier.cumulative_fen), 0) AS factor
    FROM observed AS later
    INNER JOIN observed AS earlier ON earlier.cohort_month = later.cohort_month AND earlier.age = later.age - 1
    WHERE later.channel IS NULL AND earlier.channel IS NULL AND later.age <= later.complete AND later.age < 12
    GROUP BY later.age
),

-- The product of all factors up to an age, as long as none is missing.
curve AS (
    SELECT age, growth
    FROM (
        SELECT
            age,
            SUM(LN(factor)) OVER (ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS growth,
            COUNT(factor) OVER (ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS known
        FROM steps
    ) AS summed
    WHERE known = age
    UNION ALL
    SELECT 0 AS age, 0.0 AS growth
),

reached AS (
    SELECT observed.cohort_month, observed.channel, observed.cumulative_fen, curve.growth
    FROM observed
    INNER JOIN curve ON curve.age = observed.age
    WHERE observed.age = observed.complete
),

lines AS (
    SELECT
        ages.cohort_month, ages.channel, ages.age, ages.customers, ages.complete, ages.seen,
        observed.buyers, observed.repurchased, observed.net_fen, observed.cumulative_fen,
        CASE
            WHEN ages.age <= ages.complete THEN observed.cumulative_fen
            ELSE reached.cumulative_fen * EXP(curve.growth - reached.growth)
        END AS projected_fen
    FROM ages
    LEFT JOIN observed
        ON observed.cohort_month = ages.cohort_month
        AND observed.channel IS NOT DISTINCT FROM ages.channel
        AND observed.age = ages.age
    LEFT JOIN curve ON curve.age = ages.age
    LEFT JOIN reached
        ON reached.cohort_month = ages.cohort_month AND reached.channel IS NOT DISTINCT FROM ages.channel
)

SELECT
    lines.cohort_month,
    lines.channel,
    CAST(lines.age AS INTEGER) AS age,
    CAST(lines.cohort_month + lines.age * INTERVAL 1 MONTH AS DATE) AS month,
    CASE WHEN lines.age <= lines.complete THEN 'complete' WHEN lines.age <= lines.seen THEN 'open' ELSE 'projected' END AS state,
    CAST(lines.customers AS INTEGER) AS customers,
    CAST(lines.buyers AS INTEGER) AS buyers,
    CAST(lines.buyers AS DOUBLE) / lines.customers AS retention,
    CAST(lines.repurchased AS INTEGER) AS repurchased,
    CAST(lines.repurchased AS DOUBLE) / lines.customers AS repurchase_share,
    CAST(lines.net_fen AS BIGINT) AS gmv_fen,
    CAST(lines.cumulative_fen AS BIGINT) AS cumulative_fen,
    CAST(ROUND(CAST(lines.cumulative_fen AS DOUBLE) * COALESCE(settings.gross_margin, 1) / lines.customers) AS BIGINT) AS ltv_fen,
    CAST(ROUND(CAST(lines.projected_fen AS DOUBLE) * COALESCE(settings.gross_margin, 1) / lines.customers) AS BIGINT) AS projected_ltv_fen
FROM lines
CROSS JOIN settings
WHERE lines.age <= lines.seen OR lines.projected_fen IS NOT NULL
