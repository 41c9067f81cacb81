-- Persons who left or were removed in the period / members at its start and those who joined in it.
-- 期内退群或被移出的人 ÷（期初成员 + 期内入群的人）。
-- area: groups
-- label: Leave rate | 退群率
-- unit: ratio
-- period: All groups together, from the start of the first of these days to the end of the last. | 所有群合计，从第一天开始到最后一天结束。
-- better: less
-- kept: group_days.leave_rate by group, day
-- dimension group: flows.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
WITH flows AS (
    SELECT periods.period, sizes.group_id, 0 AS gone, sizes.members AS there
    FROM periods
    INNER JOIN sizes ON sizes.since < periods.since AND (sizes.until IS NULL OR sizes.until >= periods.since)
    LEFT JOIN groups ON groups.group_id = sizes.group_id
    WHERE groups.dismissed_at IS NULL OR CAST(groups.dismissed_at AS DATE) >= periods.since
    UNION ALL
    SELECT joiners.period, joiners.group_id, 0 AS gone, 1 AS there
    FROM joiners
    UNION ALL
    SELECT leavers.period, leavers.group_id, 1 AS gone, 0 AS there
    FROM leavers
)

SELECT
    flows.period,
    NULL AS slice,
    SUM(flows.gone) AS numerator,
    SUM(flows.there) AS denominator
FROM flows
LEFT JOIN groups ON groups.group_id = flows.group_id
GROUP BY flows.period, slice
