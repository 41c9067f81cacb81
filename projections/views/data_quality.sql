-- A row is one source on one local day that is over: what the log took from it and how late, and what the inbox held of it when the day ended. Imports of the past are counted apart and are never late; what journeys and the shop's own clock write is left out.
-- 一行是一个来源在一个已结束日的数据质量：当天入库多少、延迟多久，以及日终时收件箱里的情况。历史导入单独计数，不算延迟；旅程和系统自己写的不计。
-- key: day, source
-- refresh: global
-- from: touchpoints[*]
-- from: closed_days
-- from: inbox_days
-- column day: The local day on which the log took them. | 入库日期
-- column source: Who told us: a connector, a file, an API caller. | 来源：连接器、文件或接口
-- column events: Events of that day's doings, imports of the past left out. | 入库事件数（不含历史导入）
-- column historical: Events imported from the past. | 历史导入的事件数
-- column late: Events that were recorded more than an hour after they happened. | 延迟事件数：发生一小时之后才入库
-- column late_share: late / events. | 延迟占比：延迟事件数 ÷ 入库事件数
-- column lag_median_seconds: Seconds from happening to being recorded: half of the events took no longer. | 从发生到入库的秒数：中位数
-- column lag_p95_seconds: 95 of 100 took no longer. | 从发生到入库的秒数：95 分位
-- column lag_max_seconds: The longest. | 从发生到入库的秒数：最长
-- column failed: Items that stood as failed when the day ended, waiting for a fix and a replay; NULL where nobody looked. | 日终时仍失败、等待修复重放的条数；未记录为空
-- column conflicts: Those of them whose id had been taken by other content. | 其中编号冲突的
-- column pending: Bodies that were not mapped yet when the day ended. | 日终时尚未处理的
-- column accepted: Items accepted since the last day of which it is known, replays included; only of bodies that the inbox keeps. | 自上次记录以来接收的条数（含重放），仅指收件箱保存的内容
-- column duplicates: Items that had been there before, since then. | 自上次记录以来的重复条数
-- column ignored: Items that mean nothing to us, since then. | 自上次记录以来忽略的条数
-- column refused: Requests that did not prove where they came from, since then. | 自上次记录以来被拒绝的请求数
WITH taken AS (
    SELECT
        CAST(touchpoints.recorded_at AS DATE) AS day,
        touchpoints.source,
        touchpoints.historical,
        GREATEST(DATE_DIFF('microsecond', touchpoints.occurred_at, touchpoints.recorded_at), 0) // 1000000 AS lag
    FROM touchpoints
    INNER JOIN (SELECT MAX(closed_days.day) AS day FROM closed_days) AS closed
        ON CAST(touchpoints.recorded_at AS DATE) <= closed.day
    WHERE touchpoints.source NOT IN ('journeys', 'outbox', 'workspace')
),

lags AS (
    SELECT
        day,
        source,
        SUM(CASE WHEN historical THEN 0 ELSE 1 END) AS events,
        SUM(CASE WHEN historical THEN 1 ELSE 0 END) AS historical,
        SUM(CASE WHEN NOT historical AND lag > 3600 THEN 1 ELSE 0 END) AS late,
        QUANTILE_CONT(CASE WHEN NOT historical THEN lag END, 0.5) AS lag_median,
        QUANTILE_CONT(CASE WHEN NOT historical THEN lag END, 0.95) AS lag_p95,
        MAX(CASE WHEN NOT historical THEN lag END) AS lag_max
    FROM taken
    GROUP BY day, source
),

held AS (
    SELECT
        day,
        source,
        SUM(CASE WHEN outcome = 'failed' THEN items ELSE 0 END) AS failed,
        SUM(CASE WHEN outcome = 'failed' AND reason = 'id_conflict' THEN items ELSE 0 END) AS conflicts,
        SUM(CASE WHEN outcome = 'pending' THEN items ELSE 0 END) AS pending,
        SUM(CASE WHEN outcome = 'accepted' THEN items ELSE 0 END) AS accepted,
        SUM(CASE WHEN outcome = 'duplicate' THEN items ELSE 0 END) AS duplicates,
        SUM(CASE WHEN outcome = 'ignored' THEN items ELSE 0 END) AS ignored,
        SUM(CASE WHEN outcome = 'refused' THEN items ELSE 0 END) AS refused
    FROM inbox_days
    GROUP BY day, source
),

since AS (
    SELECT
        day, source, failed, conflicts, pending,
        GREATEST(accepted - COALESCE(LAG(accepted) OVER (PARTITION BY source ORDER BY day), 0), 0) AS accepted,
        GREATEST(duplicates - COALESCE(LAG(duplicates) OVER (PARTITION BY source ORDER BY day), 0), 0) AS duplicates,
        GREATEST(ignored - COALESCE(LAG(ignored) OVER (PARTITION BY source ORDER BY day), 0), 0) AS ignored,
        GREATEST(refused - COALESCE(LAG(refused) OVER (PARTITION BY source ORDER BY day), 0), 0) AS refused
    FROM held
),

-- A source of which the inbox holds nothing has no failures on a day on which somebody looked.
looked AS (
    SELECT day FROM closed_days WHERE inbox_known
),

known AS (
    SELECT day, source FROM lags
    UNION
    SELECT day, source FROM since
)

SELECT
    known.day,
    known.source,
    CAST(COALESCE(lags.events, 0) AS INTEGER) AS events,
    CAST(COALESCE(lags.historical, 0) AS INTEGER) AS historical,
    CAST(COALESCE(lags.late, 0) AS INTEGER) AS late,
    CAST(lags.late AS DOUBLE) / NULLIF(lags.events, 0) AS late_share,
    CAST(ROUND(lags.lag_median) AS BIGINT) AS lag_median_seconds,
    CAST(ROUND(lags.lag_p95) AS BIGINT) AS lag_p95_seconds,
    CAST(lags.lag_max AS BIGINT) AS lag_max_seconds,
    CAST(COALESCE(since.failed, CASE WHEN looked.day IS NOT NULL THEN 0 END) AS BIGINT) AS failed,
    CAST(COALESCE(since.conflicts, CASE WHEN looked.day IS NOT NULL THEN 0 END) AS BIGINT) AS conflicts,
    CAST(COALESCE(since.pending, CASE WHEN looked.day IS NOT NULL THEN 0 END) AS BIGINT) AS pending,
    CAST(since.accepted AS BIGINT) AS accepted,
    CAST(since.duplicates AS BIGINT) AS duplicates,
    CAST(since.ignored AS BIGINT) AS ignored,
    CAST(since.refused AS BIGINT) AS refused
FROM known
LEFT JOIN lags ON lags.day = known.day AND lags.source = known.source
LEFT JOIN since ON since.day = known.day AND since.source = known.source
LEFT JOIN looked ON looked.day = known.day
