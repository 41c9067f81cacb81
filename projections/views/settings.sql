-- A row is the settings of `cdp.toml` that tables depend on, as last recorded; there is one row, of defaults while nothing was recorded.
-- 唯一的一行：各表用到的 cdp.toml 设置，以最近一次记录为准；尚无记录时为默认值。
-- key: told_by
-- unit: told_by
-- from: touchpoints[workspace.configured] on type
-- column told_by: The type of event that tells them. | 由哪类事件得知
-- column gross_margin: Share of net revenue that is gross margin; NULL where the workspace states none, and then LTV is revenue. | 毛利率；未填写为空，此时 LTV 按收入计
-- column least_support: How many persons must have bought two products before one is recommended to buyers of the other. | 推荐的最低支持：至少多少人两样都买过
-- column rfm_method: cuts or quartiles. | RFM 打分方式：cuts 固定分界、quartiles 四分位
-- column rfm_window_days: Days over which orders and money count for RFM. | RFM 统计的天数
-- column rfm_recency_days: Four cut points of days since the last payment; within the first is score 5, beyond the last score 1. | 最近一次付款距今天数的四个分界：不超过第一个为 5 分，超过最后一个为 1 分
-- column rfm_frequency: Four cut points of paid orders; below the first is score 1, from the last on score 5. | 付款订单数的四个分界：低于第一个为 1 分，达到最后一个为 5 分
-- column rfm_monetary_fen: Four cut points of money in fen, likewise. | 消费金额的四个分界（分），同上
SELECT
    'workspace.configured' AS told_by,
    TRY_CAST(recorded.data ->> '$.settings.customers.gross_margin' AS DOUBLE) AS gross_margin,
    COALESCE(TRY_CAST(recorded.data ->> '$.settings.customers.least_support' AS INTEGER), 5) AS least_support,
    COALESCE(recorded.data ->> '$.settings.rfm.method', 'cuts') AS rfm_method,
    COALESCE(TRY_CAST(recorded.data ->> '$.settings.rfm.window_days' AS INTEGER), 365) AS rfm_window_days,
    COALESCE(
        NULLIF(CAST(JSON_EXTRACT_STRING(recorded.data, '$.settings.rfm.recency_days[*]') AS INTEGER[]), CAST([] AS INTEGER[])),
        CAST([7, 14, 30, 60] AS INTEGER[])
    ) AS rfm_recency_days,
    COALESCE(
        NULLIF(CAST(JSON_EXTRACT_STRING(recorded.data, '$.settings.rfm.frequency[*]') AS INTEGER[]), CAST([] AS INTEGER[])),
        CAST([2, 3, 6, 12] AS INTEGER[])
    ) AS rfm_frequency,
    COALESCE(
        NULLIF(CAST(JSON_EXTRACT_STRING(recorded.data, '$.settings.rfm.monetary_fen[*]') AS BIGINT[]), CAST([] AS BIGINT[])),
        CAST([10000, 30000, 60000, 120000] AS BIGINT[])
    ) AS rfm_monetary_fen
FROM (SELECT 1 AS place) AS always
LEFT JOIN (
    SELECT data, ROW_NUMBER() OVER (ORDER BY position DESC) AS place
    FROM touchpoints
    WHERE type = 'workspace.configured'
) AS recorded ON recorded.place = always.place
