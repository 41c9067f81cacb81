-- A row is one live: when it was announced, when it began and ended.
-- 一行是一场直播：预告、开始和结束的时间。
-- key: live_id
-- unit: live_id
-- from: touchpoints[live.scheduled, live.started, live.ended] on live_id
-- column live_id: The live. | 直播
-- column title: Its title, as last told. | 标题，以最近一次为准
-- column scheduled_at: When it was announced to begin. | 预告的开播时间
-- column started_at: When it began. | 开播时间
-- column ended_at: When it ended; NULL while it runs. | 结束时间；进行中为空
SELECT
    live_id,
    MAX(CASE WHEN title_rank = 1 THEN title END) AS title,
    MAX(CASE WHEN type = 'live.scheduled' THEN MAKE_TIMESTAMPTZ(CAST(data ->> '$.starts_at' AS BIGINT)) END) AS scheduled_at,
    MIN(CASE WHEN type = 'live.started' THEN occurred_at END) AS started_at,
    MAX(CASE WHEN type = 'live.ended' THEN occurred_at END) AS ended_at
FROM (
    SELECT
        live_id, type, occurred_at, data, data ->> '$.title' AS title,
        ROW_NUMBER() OVER (
            PARTITION BY live_id, COALESCE(data ->> '$.title', '') = '' ORDER BY occurred_at DESC, position DESC
        ) AS title_rank
    FROM touchpoints
    WHERE type IN ('live.scheduled', 'live.started', 'live.ended') AND live_id IS NOT NULL
) AS told
GROUP BY live_id
