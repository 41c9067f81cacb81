-- A row is what one viewer did in one minute of a live, between its start and its end; staff are left out.
-- 一行是一位观众在一场直播的某一分钟里的互动（开播到结束之间），员工不计。
-- key: live_id, person_id, minute
-- unit: person_id
-- order: live_id
-- from: touchpoints[live.liked, live.commented, live.shared, live.product_clicked] on person_id
-- from: live_viewers on person_id
-- lookup: lives on live_id via touchpoints
-- column live_id: The live. | 直播
-- column person_id: The viewer. | 观众
-- column minute: When the minute began. | 分钟（起点）
-- column likes: Likes. | 点赞数
-- column comments: Comments. | 评论数
-- column shares: Shares. | 分享数
-- column clicks: Products opened. | 商品点击数
SELECT
    touchpoints.live_id,
    touchpoints.person_id,
    DATE_TRUNC('minute', touchpoints.occurred_at) AS minute,
    CAST(SUM(CASE WHEN touchpoints.type = 'live.liked' THEN CAST(COALESCE(touchpoints.data ->> '$.count', '1') AS BIGINT) ELSE 0 END) AS BIGINT) AS likes,
    CAST(SUM(CASE WHEN touchpoints.type = 'live.commented' THEN 1 ELSE 0 END) AS INTEGER) AS comments,
    CAST(SUM(CASE WHEN touchpoints.type = 'live.shared' THEN 1 ELSE 0 END) AS INTEGER) AS shares,
    CAST(SUM(CASE WHEN touchpoints.type = 'live.product_clicked' THEN 1 ELSE 0 END) AS INTEGER) AS clicks
FROM touchpoints
INNER JOIN live_viewers
    ON live_viewers.live_id = touchpoints.live_id AND live_viewers.person_id = touchpoints.person_id
LEFT JOIN lives ON lives.live_id = touchpoints.live_id
WHERE touchpoints.type IN ('live.liked', 'live.commented', 'live.shared', 'live.product_clicked')
    AND (lives.started_at IS NULL OR touchpoints.occurred_at >= lives.started_at)
    AND (lives.ended_at IS NULL OR touchpoints.occurred_at <= lives.ended_at)
GROUP BY touchpoints.live_id, touchpoints.person_id, DATE_TRUNC('minute', touchpoints.occurred_at)
