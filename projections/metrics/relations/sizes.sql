-- A row is how many members a group had from the end of `since` to the end of `until`, days on which that number changed; `until` is NULL for the last. Staff are left out.
-- 一行是一个群从 since 当天结束到 until 当天结束的成员数（两天都是人数变化的日子），最后一段的 until 为空，员工不计。
SELECT
    group_id,
    members,
    day AS since,
    LEAD(day) OVER (PARTITION BY group_id ORDER BY day) AS until
FROM group_sizes
