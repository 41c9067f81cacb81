-- Customers by recency, frequency and monetary value: days since the last payment, paid orders and money of the window, each scored by the cut points of the settings or by quartiles.
-- 按 RFM 分层的顾客数：距最近一次付款的天数、窗口内的订单数与金额，各按设置的分界或四分位打分。
-- area: customers
-- label: RFM | RFM 分层人数
-- unit: persons
-- period: As of the last closed day; there is no figure for days that do not reach it. | 截至最近一个已结束日；不含这一天的时段没有数字。
-- dimension segment: rfm.segment | Segment | 分层
-- dimension recency_score: rfm.recency_score | Score of recency | R 分
-- dimension frequency_score: rfm.frequency_score | Score of frequency | F 分
-- dimension monetary_score: rfm.monetary_score | Score of money | M 分
-- dimension building: people.building | Building | 楼栋
-- dimension channel: people.channel | Channel of the first touch | 首次接触的渠道
SELECT
    periods.period,
    NULL AS slice,
    COUNT(*) AS value
FROM rfm
INNER JOIN periods ON rfm.day BETWEEN periods.since AND periods.until
LEFT JOIN people ON people.person_id = rfm.person_id
GROUP BY periods.period, slice
