-- Recorded acquisition cost.
-- 记录的获客花费。
-- area: customers
-- label: Cost | 获客花费
-- unit: fen
-- period: Costs are spread evenly over the days they were recorded for; what falls on these days counts. | 花费按记录的起止日期平摊到天，只算落在期内的部分。
-- better: less
-- kept: channels.cost_fen by channel, month
-- dimension channel: spent.channel | Channel | 渠道
WITH spent AS (
    -- What falls on the days up to the end, less what fell on those before: so nothing is lost by rounding.
    SELECT
        period, channel,
        SUM(fen // days * (days_after - days_before) + fen % days * days_after // days - fen % days * days_before // days) AS fen
    FROM (
        SELECT
            periods.period, costs.channel, costs.fen, costs.days,
            DATE_DIFF('day', costs.since, GREATEST(costs.since, periods.since)) AS days_before,
            DATE_DIFF('day', costs.since, LEAST(costs.until, periods.until)) + 1 AS days_after
        FROM periods
        INNER JOIN costs ON costs.since <= periods.until AND costs.until >= periods.since
    ) AS parts
    GROUP BY period, channel
)

SELECT spent.period, NULL AS slice, SUM(spent.fen) AS value
FROM spent
GROUP BY spent.period, slice
