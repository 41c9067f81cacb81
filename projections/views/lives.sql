-- A row is one live: when it was announced, when it began and ended.
-- 一行是一场直播：预告、开始和结束的时间。
-- key: live_id
-- unit: live_id
-- from: touchpoints[live.scheduled, live.started, live.ended, campaign.planned] on live_id
-- column live_id: The live. | 直播
-- column title: Its title, as last told. | 标题，以最近一次为准
-- column campaign_id: The campaign it belongs to, as last told of it or by the campaign's plan. | 所属战役，以最近一次说明为准（来自直播或战役计划）
-- column scheduled_at: When it was announced to begin. | 预告的开播时间
-- column started_at: When it began. | 开播时间
-- column ended_at: When it ended; NULL while it runs. | 结束时间；进行中为空
SELECT
    live_id,
    MAX(CASE WHEN title_rank = 1 THEN title END) AS title,
    MAX(CASE WHEN campaign_rank = 1 THEN campaign_id END) AS campaign_id,
    MAX(CASE WHEN type = 'live.scheduled' THEN MAKE_TIMESTAMPTZ(CAST(data ->> '$.starts_at' AS BIGINT)) END) AS scheduled_at,
    MIN(CASE WHEN type = 'live.started' THEN occurred_at END) AS started_at,
    MAX(CASE WHEN type = 'live.ended' THEN occurred_at END) AS ended_at
FROM (
    SELECT
        live_id, type, occurred_at, data, campaign_id, data ->> '$.title' AS title,
        ROW_NUMBER() OVER (PARTITION BY live_id, campaign_id IS NULL ORDER BY occurred_at DESC, position DESC) AS campaign_rank,
        ROW_NUMBER() OVER (
            PARTITION BY live_id, COALESCE(data ->> '$.title', '') = '' ORDER BY occurred_at DESC, position DESC
        ) AS title_rank
    FROM touchpoints
    WHERE type IN ('live.scheduled', 'live.started', 'live.ended', 'campaign.planned') AND live_id IS NOT NULL
) AS told
GROUP BY live_id
