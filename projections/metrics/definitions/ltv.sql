-- LTV observed: net revenue of customers so far, times the gross margin where the workspace states one / those customers.
-- 观察到的用户终身价值：顾客迄今的实付减退款（填写了毛利率时乘以毛利率）÷ 顾客数。
-- area: customers
-- label: LTV so far | 迄今 LTV
-- unit: fen
-- period: Customers who were first seen on these days, with everything they bought so far. | 期内首次出现的顾客，算到目前为止的全部消费。
-- days: 365
-- kept: channels.ltv_fen by channel, month
-- dimension channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension building: people.building | Building | 楼栋
SELECT
    days.period,
    NULL AS slice,
    SUM(CAST(people.gmv_fen AS DOUBLE) * COALESCE(settings.gross_margin, 1)) AS numerator,
    COUNT(*) AS denominator
FROM people
INNER JOIN days ON days.day = CAST(people.first_seen AS DATE)
CROSS JOIN settings
WHERE NOT people.is_staff AND people.paid_orders > 0
GROUP BY days.period, slice
