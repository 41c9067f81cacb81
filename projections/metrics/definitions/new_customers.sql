-- Persons who were first seen and have bought since, orders refunded in full left out.
-- 首次出现、并且之后买过（全额退款的不算）的人。
-- area: customers
-- label: New customers | 新客数
-- unit: persons
-- period: Persons first seen on these days; they may have bought later. | 期内首次出现的人，购买可以在其后。
-- empty: 0
-- kept: channels.new_customers by channel, month
-- dimension channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension building: people.building | Building | 楼栋
SELECT
    days.period,
    NULL AS slice,
    COUNT(*) AS value
FROM people
INNER JOIN days ON days.day = CAST(people.first_seen AS DATE)
WHERE NOT people.is_staff AND people.paid_orders > 0
GROUP BY days.period, slice
