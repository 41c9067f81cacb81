-- Persons who left a group or were removed from it.
-- 退群或被移出群的人数。
-- area: groups
-- label: Left | 退群
-- unit: count
-- period: What happened on these days; the same person in the same group counts once. | 期内发生的；同一个人在同一个群只算一次。
-- better: less
-- empty: 0
-- kept: group_days.left by group, day
-- dimension group: leavers.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT leavers.period, NULL AS slice, COUNT(*) AS value
FROM leavers
LEFT JOIN groups ON groups.group_id = leavers.group_id
GROUP BY leavers.period, slice
