-- Members who wrote, opened a link or checked in that day / members at the start of the day.
-- 当天开始时的成员中发言、点击或签到的人 ÷ 当天开始时的成员数。
-- area: groups
-- label: Interaction | 互动率
-- unit: ratio
-- period: All groups on all of these days together, days on which nobody said anything included. | 期内每个群的每一天合计，没有动静的日子也算。
-- kept: group_days.interaction_rate by group, day
-- dimension group: there.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
WITH there AS (
    SELECT days.period, days.day, sizes.group_id, sizes.members
    FROM days
    INNER JOIN sizes ON sizes.since < days.day AND (sizes.until IS NULL OR sizes.until >= days.day)
    LEFT JOIN groups ON groups.group_id = sizes.group_id
    WHERE groups.dismissed_at IS NULL OR CAST(groups.dismissed_at AS DATE) >= days.day
),

interacting AS (
    SELECT group_id, day, COUNT(*) AS persons
    FROM group_actives
    WHERE member_at_start AND messages + link_clicks + check_ins > 0
    GROUP BY group_id, day
)

SELECT
    there.period,
    NULL AS slice,
    COALESCE(SUM(interacting.persons), 0) AS numerator,
    SUM(there.members) AS denominator
FROM there
LEFT JOIN interacting ON interacting.group_id = there.group_id AND interacting.day = there.day
LEFT JOIN groups ON groups.group_id = there.group_id
GROUP BY there.period, slice
