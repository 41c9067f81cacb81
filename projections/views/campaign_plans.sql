-- A row is one campaign as the shop itself planned it, paid for it and filled it.
-- 一行是一个战役中店铺自己做的部分：计划、花费和内容。
-- key: campaign_id
-- unit: campaign_id
-- from: touchpoints[campaign.planned, content.posted, cost.recorded] on campaign_id
-- column campaign_id: The campaign. | 战役
-- column name: Its name, as last told. | 名称，以最近一次为准
-- column t_date: Its T date, as last told. | T 日，以最近一次为准
-- column planned_at: When it was first planned. | 首次计划的时间
-- column posts: What the shop posted for it. | 发布条数
-- column cost_fen: What it cost, in fen; NULL if nobody recorded a cost. | 花费（分）；没有记录为空
SELECT
    campaign_id,
    MAX(CASE WHEN name_rank = 1 THEN name END) AS name,
    MAX(CASE WHEN date_rank = 1 THEN t_date END) AS t_date,
    MIN(CASE WHEN type = 'campaign.planned' THEN occurred_at END) AS planned_at,
    CAST(SUM(CASE WHEN type = 'content.posted' THEN 1 ELSE 0 END) AS INTEGER) AS posts,
    CAST(SUM(CASE WHEN type = 'cost.recorded' THEN amount_fen END) AS BIGINT) AS cost_fen
FROM (
    SELECT
        campaign_id, type, occurred_at, amount_fen, name, t_date,
        ROW_NUMBER() OVER (PARTITION BY campaign_id, name IS NULL ORDER BY occurred_at DESC, position DESC) AS name_rank,
        ROW_NUMBER() OVER (PARTITION BY campaign_id, t_date IS NULL ORDER BY occurred_at DESC, position DESC) AS date_rank
    FROM (
        SELECT
            campaign_id, type, occurred_at, position, amount_fen,
            CASE WHEN type = 'campaign.planned' THEN NULLIF(data ->> '$.name', '') END AS name,
            CASE WHEN type = 'campaign.planned' THEN TRY_CAST(data ->> '$.t_date' AS DATE) END AS t_date
        FROM touchpoints
        WHERE type IN ('campaign.planned', 'content.posted', 'cost.recorded')
            AND campaign_id IS NOT NULL
    ) AS said
) AS told
GROUP BY campaign_id
