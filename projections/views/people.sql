-- A row is one person as what they did tells, all identifiers together; `persons` adds what depends on the others and on the day. No names and no numbers: those are in the vault.
-- 一行是一个人：所有标识合并后，仅由其自身行为得出的部分；需要与他人或日期比较的见 persons。没有姓名和号码，它们只在保险库里。
-- key: person_id
-- unit: person_id
-- from: touchpoints[*] on person_id
-- from: profiles on person_id
-- from: friendships on person_id
-- from: orders on person_id
-- from: live_viewers on person_id
-- from: group_members on person_id
-- from: tags on person_id
-- from: staff on person_id
-- column person_id: The person: the smallest number among all identifiers. | 人：其所有标识代号中最小的一个
-- column building: The building they live in, as last told. | 楼栋，以最近一次为准
-- column channel: The channel of the first touch. | 首次接触的渠道
-- column first_seen: When they were first seen. | 首次出现时间
-- column last_seen: When they were last seen. | 最近出现时间
-- column is_friend: Is a WeCom friend of the shop. | 是否是企微好友
-- column friend_staff: The staff member they became friends with last. | 最近添加的员工
-- column friend_since: Since when. | 成为好友的时间
-- column lifecycle: stranger, friend, buyer (one paid order not refunded), repeat (paid on two or more days), or lost (ended the friendship). | 阶段：stranger 路人、friend 好友、buyer 买过一次、repeat 复购、lost 已流失
-- column orders: Orders placed. | 下单数
-- column paid_orders: Orders paid and not refunded in full. | 已付款且未全额退款的订单数
-- column gmv_fen: Paid minus refunded, in fen. | 累计实付减退款（分）
-- column average_spend_fen: gmv_fen / paid_orders, in fen. | 笔均消费：累计实付减退款 ÷ 有效付款订单数（分）
-- column first_order_at: When the first paid order was placed. | 首单时间
-- column last_order_at: When the last paid order was placed. | 最近一单时间
-- column rhythm_days: Days from one day of paying to the next, the median of all of theirs; NULL before there are three such days. | 复购节奏：相邻付款日间隔天数的中位数；付款不足三天为空
-- column expected_next_order_at: When the next order is to be expected: the last payment plus rhythm_days. | 预计下次下单时间：最近一次付款加上复购节奏
-- column lives_watched: Lives they were in. | 看过的直播场数
-- column watch_seconds: Seconds watched in all lives. | 累计观看秒数
-- column groups: Groups they are a member of now. | 目前所在社群数
-- column tags: The tags they carry, sorted. | 当前标签（已排序）
-- column is_staff: Is staff or a test account, left out of every metric. | 是否员工或测试账号（不计入指标）
-- column events: Facts known about them; decisions and deliveries do not count. | 事件数（不含旅程决定与触达）
WITH facts AS (
    SELECT
        person_id,
        occurred_at,
        -- that somebody says who is who, or has a person erased, is nothing the person did
        CASE WHEN type NOT IN ('person.linked', 'person.unlinked', 'person.erased') THEN occurred_at END AS acted_at,
        FIRST_VALUE(channel IGNORE NULLS) OVER (
            PARTITION BY person_id ORDER BY occurred_at, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS channel
    FROM touchpoints
    WHERE person_id IS NOT NULL AND type NOT LIKE 'journey.%' AND type NOT LIKE 'action.%'
),

seen AS (
    SELECT
        person_id,
        MAX(channel) AS channel,
        COALESCE(MIN(acted_at), MIN(occurred_at)) AS first_seen,
        COALESCE(MAX(acted_at), MAX(occurred_at)) AS last_seen,
        COUNT(*) AS events
    FROM facts
    GROUP BY person_id
),

friend AS (
    SELECT
        person_id,
        MAX(CASE WHEN latest = 1 AND removed_at IS NULL THEN staff_id END) AS friend_staff,
        MAX(CASE WHEN latest = 1 AND removed_at IS NULL THEN added_at END) AS friend_since
    FROM (
        SELECT
            person_id, staff_id, added_at, removed_at,
            ROW_NUMBER() OVER (
                PARTITION BY person_id, removed_at IS NULL ORDER BY added_at DESC, staff_id
            ) AS latest
        FROM friendships
    ) AS friendship
    GROUP BY person_id
),

bought AS (
    SELECT
        person_id,
        COUNT(*) AS orders,
        SUM(CASE WHEN paid_at IS NOT NULL AND status <> 'refunded' THEN 1 ELSE 0 END) AS paid_orders,
        COUNT(DISTINCT CASE WHEN paid_at IS NOT NULL AND status <> 'refunded' THEN paid_day END) AS paid_days,
        SUM(net_fen) AS gmv_fen,
        MIN(CASE WHEN paid_at IS NOT NULL THEN COALESCE(placed_at, paid_at) END) AS first_order_at,
        MAX(CASE WHEN paid_at IS NOT NULL THEN COALESCE(placed_at, paid_at) END) AS last_order_at
    FROM orders
    WHERE person_id IS NOT NULL
    GROUP BY person_id
),

paid_days AS (
    SELECT person_id, paid_day, MAX(paid_at) AS paid_at
    FROM orders
    WHERE person_id IS NOT NULL AND paid_at IS NOT NULL AND status <> 'refunded'
    GROUP BY person_id, paid_day
),

rhythm AS (
    SELECT
        person_id,
        MAX(paid_at) AS last_paid_at,
        CASE WHEN COUNT(gap) >= 2 THEN CAST(ROUND(MEDIAN(gap)) AS INTEGER) END AS rhythm_days
    FROM (
        SELECT
            person_id, paid_at,
            DATE_DIFF('day', LAG(paid_day) OVER (PARTITION BY person_id ORDER BY paid_day), paid_day) AS gap
        FROM paid_days
    ) AS gaps
    GROUP BY person_id
),

watched AS (
    SELECT person_id, COUNT(*) AS lives, SUM(watch_seconds) AS seconds
    FROM live_viewers
    WHERE entered_at IS NOT NULL
    GROUP BY person_id
),

member AS (
    SELECT person_id, COUNT(DISTINCT group_id) AS groups
    FROM group_members
    WHERE left_at IS NULL
    GROUP BY person_id
),

tagged AS (
    SELECT person_id, ARRAY_AGG(tag ORDER BY tag) AS tags
    FROM tags
    WHERE valid_to IS NULL
    GROUP BY person_id
)

SELECT
    seen.person_id,
    profiles.building,
    seen.channel,
    seen.first_seen,
    seen.last_seen,
    friend.friend_since IS NOT NULL AS is_friend,
    friend.friend_staff,
    friend.friend_since,
    CASE
        WHEN friend.person_id IS NOT NULL AND friend.friend_since IS NULL THEN 'lost'
        WHEN bought.paid_days >= 2 THEN 'repeat'
        WHEN bought.paid_orders >= 1 THEN 'buyer'
        WHEN friend.friend_since IS NOT NULL THEN 'friend'
        ELSE 'stranger'
    END AS lifecycle,
    CAST(COALESCE(bought.orders, 0) AS INTEGER) AS orders,
    CAST(COALESCE(bought.paid_orders, 0) AS INTEGER) AS paid_orders,
    CAST(COALESCE(bought.gmv_fen, 0) AS BIGINT) AS gmv_fen,
    CAST(ROUND(CAST(bought.gmv_fen AS DOUBLE) / NULLIF(bought.paid_orders, 0)) AS BIGINT) AS average_spend_fen,
    bought.first_order_at,
    bought.last_order_at,
    rhythm.rhythm_days,
    rhythm.last_paid_at + rhythm.rhythm_days * INTERVAL 1 DAY AS expected_next_order_at,
    CAST(COALESCE(watched.lives, 0) AS INTEGER) AS lives_watched,
    CAST(COALESCE(watched.seconds, 0) AS BIGINT) AS watch_seconds,
    CAST(COALESCE(member.groups, 0) AS INTEGER) AS groups,
    COALESCE(tagged.tags, CAST([] AS VARCHAR[])) AS tags,
    staff.person_id IS NOT NULL AS is_staff,
    CAST(seen.events AS INTEGER) AS events
FROM seen
LEFT JOIN profiles ON profiles.person_id = seen.person_id
LEFT JOIN friend ON friend.person_id = seen.person_id
LEFT JOIN bought ON bought.person_id = seen.person_id
LEFT JOIN rhythm ON rhythm.person_id = seen.person_id
LEFT JOIN watched ON watched.person_id = seen.person_id
LEFT JOIN member ON member.person_id = seen.person_id
LEFT JOIN tagged ON tagged.person_id = seen.person_id
LEFT JOIN staff ON staff.person_id = seen.person_id
