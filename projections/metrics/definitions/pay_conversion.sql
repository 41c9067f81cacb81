-- Visitors who paid for an order / visitors.
-- 付过款的访客 ÷ 访客数。
-- area: mall
-- label: Pay conversion | 支付转化率
-- unit: ratio
-- period: Persons who visited on these days, and paid on any of them; each counts once. | 期内到访过的人，其中期内任一天付过款的；人数去重。
-- kept: mall_days.pay_conversion by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
WITH seen AS (
    SELECT DISTINCT days.period, NULL AS slice, mall_visitors.person_id
    FROM mall_visitors
    INNER JOIN days ON days.day = mall_visitors.day
    LEFT JOIN people ON people.person_id = mall_visitors.person_id
    WHERE mall_visitors.views > 0
),

payers AS (
    SELECT DISTINCT days.period, orders.person_id
    FROM orders
    INNER JOIN days ON days.day = orders.paid_day
)

SELECT
    seen.period,
    seen.slice,
    COUNT(payers.person_id) AS numerator,
    COUNT(*) AS denominator
FROM seen
LEFT JOIN payers ON payers.period = seen.period AND payers.person_id = seen.person_id
GROUP BY seen.period, seen.slice
