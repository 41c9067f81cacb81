-- A row is one live with its figures. Persons are counted after identities are merged; staff are left out.
-- 一行是一场直播及其指标。人数按合并身份后计算，员工不计。
-- key: live_id
-- unit: live_id
-- from: lives on live_id
-- from: live_viewers on live_id
-- from: live_visits on live_id
-- column live_id: The live. | 直播
-- column title: Its title. | 标题
-- column started_at: When it began. | 开播时间
-- column ended_at: When it ended; NULL while it runs. | 结束时间；进行中为空
-- column day: The local day on which it began; where nobody told, on which the first viewer came, or for which it was announced. | 开播日；没有开播记录时取首位观众进入日，再取预告日
-- column viewers: Distinct persons who entered between start and end. | 观看人数：开播到结束之间进入的人数
-- column average_watch_seconds: Watch seconds of all viewers (one person's overlapping visits counted once, replay left out) / viewers. | 平均观看时长（秒）：观看秒数合计（同一人重叠只算一次，不含回放）÷ 观看人数
-- column peak_concurrent: The largest number of persons present at one moment; NULL where viewers are known by polling or by what they did alone. | 最高在线：同一时刻在场人数的最大值；观众只由轮询或互动得知、没有进出记录时为空
-- column likes: Likes of viewers. | 点赞数
-- column comments: Comments of viewers. | 评论数
-- column shares: Shares of viewers. | 分享数
-- column clicks: Products opened by viewers. | 商品点击数
-- column interaction_rate: Viewers who liked, commented or shared / viewers. | 互动率：点赞、评论或分享过的观众 ÷ 观看人数
-- column newcomers: Viewers who were not friends when they entered. | 进入时还不是好友的观众
-- column leads: Those of them who became friends from then until 24 h after the end. | 加微人数：其中进入后到结束后 24 小时内成为好友的人
-- column lead_rate: leads / newcomers. | 加微率：加微人数 ÷ 进入时还不是好友的观众
-- column buyers: Viewers with a paid order placed from entering until 24 h after the end. | 成交人数：进入后到结束后 24 小时内下单并付款的观众
-- column conversion_rate: buyers / viewers. | 直播转化率：成交人数 ÷ 观看人数
-- column orders: Those orders. | 这些订单的数量
-- column gmv_fen: Paid minus refunded of those orders, in fen. | 这些订单的实付减退款（分）
-- column reservations: Persons who reserved. | 预约人数
-- column attended: Reserved persons who entered. | 预约并到场的人数
-- column attendance_rate: attended / reservations. | 到场率：预约并到场 ÷ 预约人数
WITH steps AS (
    SELECT live_visits.live_id, live_visits.entered_at AS moment, 1 AS step
    FROM live_visits
    INNER JOIN live_viewers
        ON live_viewers.live_id = live_visits.live_id AND live_viewers.person_id = live_visits.person_id
    UNION ALL
    SELECT live_visits.live_id, live_visits.left_at AS moment, -1 AS step
    FROM live_visits
    INNER JOIN live_viewers
        ON live_viewers.live_id = live_visits.live_id AND live_viewers.person_id = live_visits.person_id
    WHERE live_visits.left_at IS NOT NULL
),

-- At one moment the leaving go before the coming.
present AS (
    SELECT
        live_id,
        SUM(step) OVER (PARTITION BY live_id ORDER BY moment, step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS persons
    FROM steps
),

peaks AS (
    SELECT live_id, MAX(persons) AS peak_concurrent
    FROM present
    GROUP BY live_id
),

counts AS (
    SELECT
        live_id,
        MIN(entered_at) AS entered_at,
        SUM(CASE WHEN entered_at IS NOT NULL THEN 1 ELSE 0 END) AS viewers,
        SUM(CASE WHEN entered_at IS NOT NULL THEN watch_seconds ELSE 0 END) AS watch_seconds,
        SUM(liked) AS likes,
        SUM(commented) AS comments,
        SUM(shared) AS shares,
        SUM(clicked) AS clicks,
        SUM(CASE WHEN entered_at IS NOT NULL AND interacted THEN 1 ELSE 0 END) AS interacting,
        SUM(CASE WHEN entered_at IS NOT NULL AND NOT was_friend THEN 1 ELSE 0 END) AS newcomers,
        SUM(CASE WHEN entered_at IS NOT NULL AND NOT was_friend AND became_friend_at IS NOT NULL THEN 1 ELSE 0 END) AS leads,
        SUM(CASE WHEN orders > 0 THEN 1 ELSE 0 END) AS buyers,
        SUM(orders) AS orders,
        SUM(gmv_fen) AS gmv_fen,
        SUM(CASE WHEN reserved THEN 1 ELSE 0 END) AS reservations,
        SUM(CASE WHEN reserved AND entered_at IS NOT NULL THEN 1 ELSE 0 END) AS attended
    FROM live_viewers
    GROUP BY live_id
),

known AS (
    SELECT live_id FROM lives
    UNION
    SELECT live_id FROM counts
)

SELECT
    known.live_id,
    lives.title,
    lives.started_at,
    lives.ended_at,
    CAST(COALESCE(lives.started_at, counts.entered_at, lives.scheduled_at) AS DATE) AS day,
    CAST(COALESCE(counts.viewers, 0) AS INTEGER) AS viewers,
    CAST(counts.watch_seconds AS DOUBLE) / NULLIF(counts.viewers, 0) AS average_watch_seconds,
    CAST(CASE WHEN COALESCE(counts.viewers, 0) = 0 THEN 0 ELSE peaks.peak_concurrent END AS INTEGER) AS peak_concurrent,
    CAST(COALESCE(counts.likes, 0) AS BIGINT) AS likes,
    CAST(COALESCE(counts.comments, 0) AS INTEGER) AS comments,
    CAST(COALESCE(counts.shares, 0) AS INTEGER) AS shares,
    CAST(COALESCE(counts.clicks, 0) AS INTEGER) AS clicks,
    CAST(counts.interacting AS DOUBLE) / NULLIF(counts.viewers, 0) AS interaction_rate,
    CAST(COALESCE(counts.newcomers, 0) AS INTEGER) AS newcomers,
    CAST(COALESCE(counts.leads, 0) AS INTEGER) AS leads,
    CAST(counts.leads AS DOUBLE) / NULLIF(counts.newcomers, 0) AS lead_rate,
    CAST(COALESCE(counts.buyers, 0) AS INTEGER) AS buyers,
    CAST(counts.buyers AS DOUBLE) / NULLIF(counts.viewers, 0) AS conversion_rate,
    CAST(COALESCE(counts.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(counts.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    CAST(COALESCE(counts.reservations, 0) AS INTEGER) AS reservations,
    CAST(COALESCE(counts.attended, 0) AS INTEGER) AS attended,
    CAST(counts.attended AS DOUBLE) / NULLIF(counts.reservations, 0) AS attendance_rate
FROM known
LEFT JOIN lives ON lives.live_id = known.live_id
LEFT JOIN counts ON counts.live_id = known.live_id
LEFT JOIN peaks ON peaks.live_id = known.live_id
