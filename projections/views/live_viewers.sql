-- A row is one person who reserved a live or was in it; staff are left out. A viewer is a row with `entered_at`.
-- 一行是预约过或看过一场直播的一个人，员工不计。有 entered_at 的才是观众。
-- key: live_id, person_id
-- unit: person_id
-- order: live_id
-- from: touchpoints[live.*] on person_id
-- from: live_visits on person_id
-- from: friendships on person_id
-- from: orders on person_id
-- from: staff on person_id
-- lookup: lives on live_id via touchpoints
-- column live_id: The live. | 直播
-- column person_id: The person. | 人
-- column entered_at: When they came in, between start and end; where the platform does not tell, the first sign of being there. NULL if they never came. | 进入时间（开播到结束之间）；平台没有进入记录时取最早的在场迹象；没来为空
-- column left_at: When they were last seen leaving. | 最后一次离开的时间
-- column watch_seconds: Seconds present, overlaps counted once, or the platform's polled total if that is larger; replay left out. | 观看秒数：重叠只算一次，平台轮询的累计更大时取累计；不含回放
-- column present_seconds: Seconds present between coming and going, overlaps of several visits counted once; NULL where nobody told of a visit. | 按进出记录合并重叠后的秒数；没有进出记录为空
-- column polled_seconds: The largest total that the platform told when it was polled, replay left out; NULL where it was not. | 平台轮询到的最大累计秒数，不含回放；没有为空
-- column liked: How many likes. | 点赞次数
-- column commented: How many comments. | 评论条数
-- column shared: How many shares. | 分享次数
-- column clicked: How many products opened. | 商品点击次数
-- column was_friend: Was a WeCom friend when they came in. | 进入时是否已是企微好友
-- column became_friend_at: When they first became a friend, from coming in until 24 h after the end. | 进入后到结束后 24 小时内首次成为好友的时间
-- column paid_order_at: When the first paid order placed from coming in until 24 h after the end was placed. | 进入后到结束后 24 小时内首个已付订单的下单时间
-- column orders: Paid orders placed in that time. | 这段时间内下单且已付款的订单数
-- column gmv_fen: Paid minus refunded of those orders, in fen. | 这些订单的实付减退款（分）
-- column counted_until: Until when friendships and orders count: 24 h after the end. | 加微和成交计算到何时：结束后 24 小时
-- column reserved: Reserved beforehand. | 是否预约过
-- column interacted: Liked, commented or shared. | 是否点赞、评论或分享过
WITH told AS (
    SELECT
        signs.live_id,
        signs.person_id,
        signs.type,
        signs.occurred_at,
        signs.seconds,
        CAST(COALESCE(signs.data ->> '$.count', '1') AS BIGINT) AS times,
        lives.started_at,
        lives.ended_at,
        (lives.started_at IS NULL OR signs.occurred_at >= lives.started_at)
        AND (lives.ended_at IS NULL OR signs.occurred_at <= lives.ended_at) AS during
    FROM touchpoints AS signs
    LEFT JOIN lives ON lives.live_id = signs.live_id
    LEFT JOIN staff ON staff.person_id = signs.person_id
    WHERE signs.type LIKE 'live.%'
        AND signs.live_id IS NOT NULL
        AND signs.person_id IS NOT NULL
        AND staff.person_id IS NULL
),

signs AS (
    SELECT
        live_id,
        person_id,
        MAX(started_at) AS started_at,
        MAX(ended_at) AS ended_at,
        MIN(CASE WHEN during AND type IN ('live.liked', 'live.commented', 'live.shared', 'live.product_clicked') THEN occurred_at END) AS seen_at,
        MIN(CASE WHEN type = 'live.watched' AND seconds > 0 THEN GREATEST(
            COALESCE(LEAST(occurred_at, ended_at), occurred_at) - seconds * INTERVAL 1 SECOND,
            COALESCE(started_at, occurred_at - seconds * INTERVAL 1 SECOND)
        ) END) AS watched_at,
        MAX(CASE WHEN type = 'live.watched' THEN seconds END) AS polled_seconds,
        SUM(CASE WHEN during AND type = 'live.liked' THEN times ELSE 0 END) AS liked,
        SUM(CASE WHEN during AND type = 'live.commented' THEN 1 ELSE 0 END) AS commented,
        SUM(CASE WHEN during AND type = 'live.shared' THEN 1 ELSE 0 END) AS shared,
        SUM(CASE WHEN during AND type = 'live.product_clicked' THEN 1 ELSE 0 END) AS clicked,
        MAX(CASE WHEN type = 'live.reserved' THEN 1 ELSE 0 END) AS reserved
    FROM told
    GROUP BY live_id, person_id
),

present AS (
    SELECT
        live_id,
        person_id,
        MIN(entered_at) AS entered_at,
        CASE WHEN COUNT(left_at) = COUNT(*) THEN MAX(left_at) END AS left_at,
        SUM(DATE_DIFF('microsecond', entered_at, left_at)) // 1000000 AS seconds
    FROM live_visits
    GROUP BY live_id, person_id
),

entered AS (
    SELECT
        signs.live_id,
        signs.person_id,
        signs.started_at,
        signs.ended_at,
        COALESCE(present.entered_at, LEAST(COALESCE(signs.seen_at, signs.watched_at), COALESCE(signs.watched_at, signs.seen_at))) AS entered_at,
        present.left_at,
        GREATEST(COALESCE(present.seconds, 0), COALESCE(signs.polled_seconds, 0)) AS watch_seconds,
        present.seconds AS present_seconds,
        signs.polled_seconds,
        signs.liked, signs.commented, signs.shared, signs.clicked, signs.reserved
    FROM signs
    LEFT JOIN present ON present.live_id = signs.live_id AND present.person_id = signs.person_id
),

-- A live whose end nobody told is taken to have lasted a day, so that it does not claim every later order for ever.
viewers AS (
    SELECT
        live_id, person_id, entered_at, left_at, watch_seconds, present_seconds, polled_seconds,
        liked, commented, shared, clicked, reserved,
        COALESCE(ended_at, COALESCE(started_at, entered_at) + INTERVAL 24 HOUR) + INTERVAL 24 HOUR AS closes_at
    FROM entered
),

friends AS (
    SELECT
        viewers.live_id,
        viewers.person_id,
        MAX(CASE WHEN friendships.added_at < viewers.entered_at
            AND (friendships.removed_at IS NULL OR friendships.removed_at > viewers.entered_at) THEN 1 ELSE 0 END) AS was_friend,
        MIN(CASE WHEN friendships.added_at >= viewers.entered_at
            AND friendships.added_at <= viewers.closes_at THEN friendships.added_at END) AS became_friend_at
    FROM viewers
    INNER JOIN friendships ON friendships.person_id = viewers.person_id
    GROUP BY viewers.live_id, viewers.person_id
),

bought AS (
    SELECT
        viewers.live_id,
        viewers.person_id,
        MIN(orders.placed_at) AS paid_order_at,
        COUNT(*) AS orders,
        SUM(orders.net_fen) AS gmv_fen
    FROM viewers
    INNER JOIN orders ON orders.person_id = viewers.person_id
    WHERE orders.paid_at IS NOT NULL
        AND COALESCE(orders.placed_at, orders.paid_at) >= viewers.entered_at
        AND COALESCE(orders.placed_at, orders.paid_at) <= viewers.closes_at
    GROUP BY viewers.live_id, viewers.person_id
)

SELECT
    viewers.live_id,
    viewers.person_id,
    viewers.entered_at,
    viewers.left_at,
    CAST(viewers.watch_seconds AS BIGINT) AS watch_seconds,
    CAST(viewers.present_seconds AS BIGINT) AS present_seconds,
    CAST(viewers.polled_seconds AS BIGINT) AS polled_seconds,
    CAST(viewers.liked AS BIGINT) AS liked,
    CAST(viewers.commented AS INTEGER) AS commented,
    CAST(viewers.shared AS INTEGER) AS shared,
    CAST(viewers.clicked AS INTEGER) AS clicked,
    COALESCE(friends.was_friend, 0) = 1 AS was_friend,
    friends.became_friend_at,
    bought.paid_order_at,
    CAST(COALESCE(bought.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(bought.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    viewers.closes_at AS counted_until,
    viewers.reserved = 1 AS reserved,
    viewers.liked + viewers.commented + viewers.shared > 0 AS interacted
FROM viewers
LEFT JOIN friends ON friends.live_id = viewers.live_id AND friends.person_id = viewers.person_id
LEFT JOIN bought ON bought.live_id = viewers.live_id AND bought.person_id = viewers.person_id
WHERE viewers.entered_at IS NOT NULL OR viewers.reserved = 1
