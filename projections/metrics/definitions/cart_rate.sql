-- Visitors who added to the cart / visitors.
-- 加购的访客 ÷ 访客数。
-- area: mall
-- label: Cart rate | 加购率
-- unit: ratio
-- period: Persons who visited on these days, and added to the cart on any of them; each counts once. | 期内到访过的人，其中期内任一天加购过的；人数去重。
-- kept: mall_days.cart_rate by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
WITH seen AS (
    SELECT
        days.period,
        NULL AS slice,
        mall_visitors.person_id,
        SUM(mall_visitors.views) AS views,
        SUM(mall_visitors.carts) AS carts
    FROM mall_visitors
    INNER JOIN days ON days.day = mall_visitors.day
    LEFT JOIN people ON people.person_id = mall_visitors.person_id
    GROUP BY days.period, slice, mall_visitors.person_id
)

SELECT
    seen.period,
    seen.slice,
    SUM(CASE WHEN seen.carts > 0 THEN 1 ELSE 0 END) AS numerator,
    COUNT(*) AS denominator
FROM seen
WHERE seen.views > 0
GROUP BY seen.period, seen.slice
