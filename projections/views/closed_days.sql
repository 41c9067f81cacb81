-- A row is one local day that is over. The latest of them is "today" for everything that asks what became due.
-- 一行是一个已经结束的本地日。其中最近的一天就是各表判断“是否到期”时的“今天”。
-- key: day
-- unit: told_by
-- from: touchpoints[day.closed] on type
-- column day: The local day. | 本地日期
-- column told_by: The type of event that says so. | 由哪类事件得知
-- column closed_at: When it was over. | 结束的时刻
-- column inbox_known: The log says what the inbox held then: `inbox_days`. | 是否记录了当时收件箱的情况，见 inbox_days
-- column position: Where the log says so. | 在日志中的位置
SELECT
    CAST(data ->> '$.day' AS DATE) AS day,
    type AS told_by,
    MIN(occurred_at) AS closed_at,
    MAX(CASE WHEN JSON_EXTRACT(data, '$.inbox') IS NOT NULL THEN 1 ELSE 0 END) = 1 AS inbox_known,
    MIN(position) AS position
FROM touchpoints
WHERE type = 'day.closed'
GROUP BY CAST(data ->> '$.day' AS DATE), type
