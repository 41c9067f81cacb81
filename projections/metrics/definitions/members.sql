-- Members of groups; a person in two groups is a member twice.
-- 各群成员数之和；同时在两个群里的人算两次。
-- area: groups
-- label: Members | 群成员
-- unit: count
-- period: At the end of the last of these days; groups that were dismissed before are left out. | 最后一天结束时；在此之前解散的群不计。
-- empty: 0
-- kept: member_days.members_end by group, day
-- dimension group: sizes.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT
    periods.period,
    NULL AS slice,
    SUM(sizes.members) AS value
FROM periods
INNER JOIN sizes ON sizes.since <= periods.until AND (sizes.until IS NULL OR sizes.until > periods.until)
LEFT JOIN groups ON groups.group_id = sizes.group_id
WHERE groups.dismissed_at IS NULL OR CAST(groups.dismissed_at AS DATE) >= periods.until
GROUP BY periods.period, slice
