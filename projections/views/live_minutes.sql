-- A row is one minute of a live, from its start to its end, at most 24 hours; staff are left out. Its figures add up to those of `live_sessions`, orders after the end aside.
-- 一行是一场直播的一分钟，从开播到结束，最多 24 小时，员工不计。各列合计与 live_sessions 一致（结束后的订单除外）。
-- key: live_id, minute
-- unit: live_id
-- order: live_id
-- from: live_signs on live_id
-- from: lives on live_id
-- from: live_visits on live_id
-- from: live_viewers on live_id
-- from: live_orders on live_id
-- column live_id: The live. | 直播
-- column minute: When the minute began. | 分钟（起点）
-- column present: The largest number of persons present at one moment of it; NULL where viewers are known by polling or by what they did alone. | 在线人数：这一分钟内的最大值；观众只由轮询或互动得知、没有进出记录时为空
-- column entered: Visits that began in it. | 进入人次
-- column left: Visits that ended in it. | 离开人次
-- column likes: Likes of viewers. | 点赞数
-- column comments: Comments of viewers. | 评论数
-- column shares: Shares of viewers. | 分享数
-- column clicks: Products opened by viewers. | 商品点击数
-- column orders: Orders that count for the live and were placed in it. | 下单数（计入本场且已付款）
-- column gmv_fen: Paid minus refunded of those orders, in fen. | 这些订单的实付减退款（分）
WITH visits AS (
    SELECT live_visits.live_id, live_visits.entered_at, live_visits.left_at
    FROM live_visits
    INNER JOIN live_viewers
        ON live_viewers.live_id = live_visits.live_id AND live_viewers.person_id = live_visits.person_id
),

happened AS (
    SELECT live_id, minute, likes, comments, shares, clicks, 0 AS entered, 0 AS "left", 0 AS orders, 0 AS gmv_fen
    FROM live_signs
    UNION ALL
    SELECT live_id, DATE_TRUNC('minute', entered_at), 0, 0, 0, 0, 1, 0, 0, 0 FROM visits
    UNION ALL
    SELECT live_id, DATE_TRUNC('minute', left_at), 0, 0, 0, 0, 0, 1, 0, 0 FROM visits WHERE left_at IS NOT NULL
    UNION ALL
    SELECT live_orders.live_id, DATE_TRUNC('minute', live_orders.ordered_at), 0, 0, 0, 0, 0, 0, 1, live_orders.net_fen
    FROM live_orders
    LEFT JOIN lives ON lives.live_id = live_orders.live_id
    WHERE lives.ended_at IS NULL OR live_orders.ordered_at <= lives.ended_at
),

counts AS (
    SELECT
        live_id,
        minute,
        SUM(likes) AS likes,
        SUM(comments) AS comments,
        SUM(shares) AS shares,
        SUM(clicks) AS clicks,
        SUM(entered) AS entered,
        SUM("left") AS "left",
        SUM(orders) AS orders,
        SUM(gmv_fen) AS gmv_fen
    FROM happened
    GROUP BY live_id, minute
),

spans AS (
    SELECT live_id, MIN(minute) AS first_minute, MAX(minute) AS last_minute
    FROM (
        SELECT live_id, minute FROM counts
        UNION ALL
        SELECT live_id, DATE_TRUNC('minute', started_at) AS minute FROM lives WHERE started_at IS NOT NULL
        UNION ALL
        SELECT live_id, DATE_TRUNC('minute', ended_at) AS minute FROM lives WHERE started_at < ended_at
    ) AS known
    GROUP BY live_id
),

minutes AS (
    SELECT
        live_id,
        UNNEST(GENERATE_SERIES(
            first_minute, LEAST(last_minute, first_minute + INTERVAL 1439 MINUTE), INTERVAL 1 MINUTE
        )) AS minute
    FROM spans
),

-- At one moment the leaving go before the coming, and in between every minute looks who is there.
steps AS (
    SELECT live_id, entered_at AS moment, 1 AS step
    FROM visits
    WHERE left_at IS NULL OR left_at > entered_at
    UNION ALL
    SELECT live_id, left_at AS moment, -1 AS step
    FROM visits
    WHERE left_at > entered_at
    UNION ALL
    SELECT live_id, minute AS moment, 0 AS step
    FROM minutes
),

present AS (
    SELECT
        live_id,
        DATE_TRUNC('minute', moment) AS minute,
        SUM(step) OVER (PARTITION BY live_id ORDER BY moment, step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS persons
    FROM steps
),

peaks AS (
    SELECT live_id, minute, MAX(persons) AS persons
    FROM present
    GROUP BY live_id, minute
),

-- Of viewers who came without a visit that anybody told, nobody knows when they were there.
untold AS (
    SELECT live_id FROM live_viewers WHERE entered_at IS NOT NULL
    EXCEPT
    SELECT live_id FROM visits
)

SELECT
    minutes.live_id,
    minutes.minute,
    CAST(CASE WHEN untold.live_id IS NULL THEN peaks.persons END AS INTEGER) AS present,
    CAST(COALESCE(counts.entered, 0) AS INTEGER) AS entered,
    CAST(COALESCE(counts."left", 0) AS INTEGER) AS "left",
    CAST(COALESCE(counts.likes, 0) AS BIGINT) AS likes,
    CAST(COALESCE(counts.comments, 0) AS INTEGER) AS comments,
    CAST(COALESCE(counts.shares, 0) AS INTEGER) AS shares,
    CAST(COALESCE(counts.clicks, 0) AS INTEGER) AS clicks,
    CAST(COALESCE(counts.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(counts.gmv_fen, 0) AS BIGINT) AS gmv_fen
FROM minutes
INNER JOIN peaks ON peaks.live_id = minutes.live_id AND peaks.minute = minutes.minute
LEFT JOIN counts ON counts.live_id = minutes.live_id AND counts.minute = minutes.minute
LEFT JOIN untold ON untold.live_id = minutes.live_id
