-- A row is one recorded cost of a channel, for the days from `since` to `until`; a period that no calendar has, or that ends before it begins, costs nothing.
-- 一行是一笔渠道花费及其起止日期；日历上没有的日期、或先止后起的时段不计。
-- key: position
-- unit: told_by
-- from: touchpoints[cost.recorded] on type
-- column position: Place in the log. | 在日志中的位置
-- column told_by: The type of event that tells it. | 由哪类事件得知
-- column channel: The channel the money was for. | 渠道
-- column campaign_id: The campaign it was for, where one is named. | 战役（如有）
-- column fen: How much, in fen. | 金额（分）
-- column since: First day. | 起始日
-- column until: Last day. | 截止日
-- column days: How many days that are. | 天数
SELECT
    position,
    told_by,
    channel,
    campaign_id,
    fen,
    since,
    until,
    DATE_DIFF('day', since, until) + 1 AS days
FROM (
    SELECT
        position,
        type AS told_by,
        data ->> '$.channel' AS channel,
        campaign_id,
        amount_fen AS fen,
        TRY_CAST(data ->> '$.since' AS DATE) AS since,
        TRY_CAST(data ->> '$.until' AS DATE) AS until
    FROM touchpoints
    WHERE type = 'cost.recorded'
) AS recorded
WHERE since <= until
