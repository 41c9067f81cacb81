-- Messages that members wrote in groups.
-- 群成员发出的消息条数。
-- area: groups
-- label: Messages | 消息量
-- unit: count
-- period: Messages of these days. | 期内的消息。
-- empty: 0
-- kept: group_days.messages by group, day
-- dimension group: group_actives.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT
    days.period,
    NULL AS slice,
    SUM(group_actives.messages) AS value
FROM group_actives
INNER JOIN days ON days.day = group_actives.day
LEFT JOIN groups ON groups.group_id = group_actives.group_id
GROUP BY days.period, slice
