-- Distinct members who wrote, opened a link, checked in or joined an activity.
-- 发言、点击链接、签到或参加活动的群成员，去重。
-- area: groups
-- label: Active members | 活跃成员
-- unit: persons
-- period: What they did on these days; a person active on several of them, or in several groups, counts once. | 期内的活动；多天或多个群里都活跃的人只算一次。
-- empty: 0
-- kept: group_days.active_members by group, day
-- dimension group: group_actives.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT
    days.period,
    NULL AS slice,
    COUNT(DISTINCT group_actives.person_id) AS value
FROM group_actives
INNER JOIN days ON days.day = group_actives.day
LEFT JOIN groups ON groups.group_id = group_actives.group_id
GROUP BY days.period, slice
