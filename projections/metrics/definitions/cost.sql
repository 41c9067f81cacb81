-- Recorded acquisition cost.
-- 记录的获客花费。
-- area: customers
-- label: Cost | 获客花费
-- unit: fen
-- period: Costs are spread evenly over the days they were recorded for; what falls on these days counts. | 花费按记录的起止日期平摊到天，只算落在期内的部分。
-- better: less
-- kept: channels.cost_fen by channel, month
-- dimension channel: spent.channel | Channel | 渠道
SELECT spent.period, NULL AS slice, SUM(spent.fen) AS value
FROM spent
GROUP BY spent.period, slice
