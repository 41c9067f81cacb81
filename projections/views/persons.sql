-- A row is one person, all identifiers together. No names and no numbers: those are in the vault.
-- 一行是一个人，所有标识合并后的结果。没有姓名和号码，它们只在保险库里。
-- key: person_id
-- refresh: read
-- from: people
-- from: rfm
-- from: settings
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
-- column ltv_fen: LTV observed so far: gmv_fen, times the gross margin where the workspace states one, in fen. | 迄今的用户终身价值 LTV：累计实付减退款，填写了毛利率时乘以毛利率（分）
-- column first_order_at: When the first paid order was placed. | 首单时间
-- column last_order_at: When the last paid order was placed. | 最近一单时间
-- column rhythm_days: Days from one day of paying to the next, the median of all of theirs; NULL before there are three such days. | 复购节奏：相邻付款日间隔天数的中位数；付款不足三天为空
-- column expected_next_order_at: When the next order is to be expected: the last payment plus rhythm_days. | 预计下次下单时间：最近一次付款加上复购节奏
-- column recency_score: R of RFM as of the last closed day; NULL for whoever bought nothing until then. | RFM 的 R 分（截至最近一个已结束日）；尚未购买为空
-- column frequency_score: F of RFM. | RFM 的 F 分
-- column monetary_score: M of RFM. | RFM 的 M 分
-- column rfm_segment: The RFM segment, as in `rfm`. | RFM 分层，见 rfm 表
-- column lives_watched: Lives they were in. | 看过的直播场数
-- column watch_seconds: Seconds watched in all lives. | 累计观看秒数
-- column groups: Groups they are a member of now. | 目前所在社群数
-- column tags: The tags they carry, sorted. | 当前标签（已排序）
-- column is_staff: Is staff or a test account, left out of every metric. | 是否员工或测试账号（不计入指标）
-- column events: Facts known about them; decisions and deliveries do not count. | 事件数（不含旅程决定与触达）
SELECT
    people.person_id,
    people.building,
    people.channel,
    people.first_seen,
    people.last_seen,
    people.is_friend,
    people.friend_staff,
    people.friend_since,
    people.lifecycle,
    people.orders,
    people.paid_orders,
    people.gmv_fen,
    people.average_spend_fen,
    CAST(ROUND(people.gmv_fen * COALESCE(settings.gross_margin, 1)) AS BIGINT) AS ltv_fen,
    people.first_order_at,
    people.last_order_at,
    people.rhythm_days,
    people.expected_next_order_at,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score,
    rfm.segment AS rfm_segment,
    people.lives_watched,
    people.watch_seconds,
    people.groups,
    people.tags,
    people.is_staff,
    people.events
FROM people
CROSS JOIN settings
LEFT JOIN rfm ON rfm.person_id = people.person_id
