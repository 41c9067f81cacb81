-- Buyers with paid orders on two or more different days / buyers; orders refunded in full are left out.
-- 在两个及以上不同日期付过款的买家 ÷ 买家数；全额退款的订单不计。
-- area: mall
-- label: Repurchase rate | 复购率
-- unit: ratio
-- period: Orders paid on these days, usually the last 90. | 期内付款的订单，默认最近 90 天。
-- days: 90
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
WITH bought AS (
    SELECT
        days.period,
        NULL AS slice,
        orders.person_id,
        COUNT(DISTINCT orders.paid_day) AS paid_days
    FROM orders
    INNER JOIN days ON days.day = orders.paid_day
    LEFT JOIN people ON people.person_id = orders.person_id
    LEFT JOIN staff ON staff.person_id = orders.person_id
    WHERE staff.person_id IS NULL AND orders.person_id IS NOT NULL AND orders.status <> 'refunded'
    GROUP BY days.period, slice, orders.person_id
)

SELECT
    bought.period,
    bought.slice,
    SUM(CASE WHEN bought.paid_days >= 2 THEN 1 ELSE 0 END) AS numerator,
    COUNT(*) AS denominator
FROM bought
GROUP BY bought.period, bought.slice
