-- Persons who were first seen.
-- 首次出现的人。
-- area: customers
-- label: New persons | 新增人数
-- unit: persons
-- period: Persons first seen on these days, by whatever identifier. | 期内首次出现的人，无论以哪种身份。
-- empty: 0
-- kept: channels.new_persons by channel, month
-- dimension channel: people.channel | Channel of the first touch | 首次接触的渠道
-- dimension building: people.building | Building | 楼栋
SELECT
    days.period,
    NULL AS slice,
    COUNT(*) AS value
FROM people
INNER JOIN days ON days.day = CAST(people.first_seen AS DATE)
WHERE NOT people.is_staff
GROUP BY days.period, slice
