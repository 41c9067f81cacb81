-- A row is what a channel cost in a period: costs are spread evenly over their days, and what falls on those up to the end of the period counts, less what falls on those before it, so that nothing is lost by rounding.
-- 一行是一个渠道在期内的花费：花费平摊到各天，取截至期末的部分减去期初之前的部分，四舍五入不会丢钱。
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
