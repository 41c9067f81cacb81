-- A row is how many members a group had when a day ended on which that number changed; staff are left out. The first day of the calendar stands for those who were there from the beginning.
-- 一行是某个群在成员数有变化的一天结束时的人数，员工不计。公元 1 年 1 月 1 日代表一开始就在群里的人。
-- key: group_id, day
-- unit: group_id
-- order: group_id, day
-- from: group_members on group_id
-- from: group_moves on group_id
-- lookup: staff on person_id via group_members
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column members: Members when the day ended. | 当天结束时的成员数
SELECT
    group_id,
    day,
    CAST(SUM(net) OVER (PARTITION BY group_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INTEGER) AS members
FROM (
    SELECT group_id, day, net
    FROM group_moves
    UNION ALL
    SELECT group_members.group_id, DATE '0001-01-01' AS day, COUNT(*) AS net
    FROM group_members
    LEFT JOIN staff ON staff.person_id = group_members.person_id
    WHERE group_members.joined_day IS NULL AND staff.person_id IS NULL
    GROUP BY group_members.group_id
) AS steps
