-- Distinct participants of an activity / members when it began; above 1 where many joined for it.
-- 活动的参与人数（去重）÷ 活动开始时的成员数；为活动入群的人多时可大于 1。
-- area: groups
-- label: Activity participation | 活动参与率
-- unit: ratio
-- period: Activities that began on these days, that is, in which somebody took part first; all of them together. | 期内开始（即第一个人参加）的活动，合计。
-- dimension group: group_activities.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
-- dimension activity: group_activities.activity | Activity | 活动
SELECT
    days.period,
    NULL AS slice,
    SUM(group_activities.participants) AS numerator,
    SUM(group_activities.members) AS denominator
FROM group_activities
INNER JOIN days ON days.day = CAST(group_activities.began_at AS DATE)
LEFT JOIN groups ON groups.group_id = group_activities.group_id
GROUP BY days.period, slice
