-- Distinct persons with any view of the mall.
-- 打开过小程序商城任一页面的人，去重。
-- area: mall
-- label: Visitors | 访客数
-- unit: persons
-- period: Visits on these days; a person who comes on several of them counts once. | 期内的访问；多天到访的人只算一次。
-- empty: 0
-- kept: mall_days.visitors by day
-- dimension building: people.building | Building | 楼栋
-- dimension first_channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT mall_visitors.person_id) AS value
FROM mall_visitors
INNER JOIN days ON days.day = mall_visitors.day
LEFT JOIN people ON people.person_id = mall_visitors.person_id
WHERE mall_visitors.views > 0
GROUP BY days.period, slice
