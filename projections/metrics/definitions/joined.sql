-- Persons who joined a group.
-- 入群的人数。
-- area: groups
-- label: Joined | 入群
-- unit: count
-- period: What happened on these days; the same person in the same group counts once. | 期内发生的；同一个人在同一个群只算一次。
-- empty: 0
-- kept: group_days.joined by group, day
-- dimension group: joiners.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT joiners.period, NULL AS slice, COUNT(*) AS value
FROM joiners
LEFT JOIN groups ON groups.group_id = joiners.group_id
GROUP BY joiners.period, slice
