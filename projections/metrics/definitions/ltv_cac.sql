-- What the new customers of a channel are worth so far / what it cost to win them; healthy above 3.
-- 渠道新客迄今的 LTV ÷ 获客成本 CAC；大于 3 为健康。
-- area: customers
-- label: LTV/CAC | 终身价值成本比 LTV/CAC
-- unit: times
-- period: Cost that falls on these days, and customers first seen on them with everything they bought so far. | 落在期内的花费，以及期内首次出现的顾客到目前为止的全部消费。
-- days: 365
-- target: 3
-- kept: channels.ltv_cac by channel, month
-- dimension channel: flows.channel | Channel of the first touch | 首次接触的渠道
WITH flows AS (
    SELECT spent.period, spent.channel, spent.fen, NULL AS worth_fen
    FROM spent
    UNION ALL
    SELECT days.period, people.channel, NULL AS fen, CAST(people.gmv_fen AS DOUBLE) * COALESCE(settings.gross_margin, 1) AS worth_fen
    FROM people
    INNER JOIN days ON days.day = CAST(people.first_seen AS DATE)
    CROSS JOIN settings
    WHERE NOT people.is_staff AND people.paid_orders > 0 AND people.channel IS NOT NULL
)

SELECT
    flows.period,
    NULL AS slice,
    SUM(flows.worth_fen) AS numerator,
    SUM(flows.fen) AS denominator
FROM flows
GROUP BY flows.period, slice
