-- Recorded acquisition cost of a channel / new customers whose first touch was that channel.
-- 渠道的获客花费 ÷ 首次接触来自该渠道的新客数。
-- area: customers
-- label: CAC | 获客成本 CAC
-- unit: fen
-- period: Cost that falls on these days, and persons first seen on them who have bought since. | 落在期内的花费，以及期内首次出现、之后买过的人。
-- better: less
-- kept: channels.cac_fen by channel, month
-- dimension channel: flows.channel | Channel of the first touch | 首次接触的渠道
WITH flows AS (
    SELECT spent.period, spent.channel, spent.fen, 0 AS customers
    FROM spent
    UNION ALL
    SELECT days.period, people.channel, NULL AS fen, 1 AS customers
    FROM people
    INNER JOIN days ON days.day = CAST(people.first_seen AS DATE)
    WHERE NOT people.is_staff AND people.paid_orders > 0 AND people.channel IS NOT NULL
)

SELECT
    flows.period,
    NULL AS slice,
    SUM(flows.fen) AS numerator,
    SUM(flows.customers) AS denominator
FROM flows
GROUP BY flows.period, slice
