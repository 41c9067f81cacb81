-- What the shop itself posted in groups and lives.
-- 店铺自己在社群和直播里发布的内容条数。
-- area: groups
-- label: Posts | 发布内容
-- unit: count
-- period: Posts of these days. | 期内发布的内容。
-- empty: 0
-- dimension kind: touchpoints.data ->> '$.kind' | Kind: knowledge, feeling, interaction or promotion | 类型：知识、情感、互动、促销
-- dimension place: CASE WHEN touchpoints.live_id IS NOT NULL THEN 'live' WHEN touchpoints.group_id IS NOT NULL THEN 'group' END | Where: group or live | 位置：社群或直播
-- dimension group: touchpoints.group_id | Group | 社群
SELECT
    days.period,
    NULL AS slice,
    COUNT(*) AS value
FROM touchpoints
INNER JOIN days ON days.day = touchpoints.day
WHERE touchpoints.type = 'content.posted'
GROUP BY days.period, slice
