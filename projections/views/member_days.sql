-- A row is one group on one local day, whether anything happened or not, from the first day on which members are known to the last that is over, or to the end of the group; staff are left out.
-- 一行是一个群在某一天的成员数，无论当天有没有动静：从最早知道成员的一天到最近一个已结束日（或解散日），员工不计。
-- key: group_id, day
-- refresh: read
-- from: group_sizes
-- from: groups
-- from: closed_days
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column members_start: Members when the day began. | 当天开始时的成员数
-- column members_end: Members when the day ended. | 当天结束时的成员数
WITH spans AS (
    SELECT
        sizes.group_id,
        sizes.first_day,
        LEAST(closed.day, COALESCE(CAST(groups.dismissed_at AS DATE), closed.day)) AS last_day
    FROM (
        SELECT group_id, MIN(day) AS first_day
        FROM group_sizes
        WHERE day > DATE '0001-01-01'
        GROUP BY group_id
    ) AS sizes
    INNER JOIN (SELECT MAX(day) AS day FROM closed_days) AS closed ON closed.day >= sizes.first_day
    LEFT JOIN groups ON groups.group_id = sizes.group_id
),

line AS (
    SELECT
        group_id,
        CAST(UNNEST(GENERATE_SERIES(first_day, last_day, INTERVAL 1 DAY)) AS DATE) AS day,
        1 AS asked,
        CAST(NULL AS INTEGER) AS members
    FROM spans
    WHERE first_day <= last_day
    UNION ALL
    SELECT group_id, day, 0 AS asked, members
    FROM group_sizes
),

known AS (
    SELECT group_id, day, MAX(asked) AS asked, MAX(members) AS members
    FROM line
    GROUP BY group_id, day
),

filled AS (
    SELECT
        group_id,
        day,
        asked,
        LAST_VALUE(members IGNORE NULLS) OVER (
            PARTITION BY group_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS members_start,
        LAST_VALUE(members IGNORE NULLS) OVER (
            PARTITION BY group_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS members_end
    FROM known
)

SELECT
    group_id,
    day,
    CAST(COALESCE(members_start, 0) AS INTEGER) AS members_start,
    CAST(COALESCE(members_end, 0) AS INTEGER) AS members_end
FROM filled
WHERE asked = 1
