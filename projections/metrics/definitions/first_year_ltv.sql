-- LTV of the first twelve months per customer: observed where all twelve are over, else projected by chain ladder from the cohort's last complete month.
-- 首年用户终身价值：满十二个月的按实际，未满的从该批最近一个完整的月份起用链梯法推算，按人平均。
-- area: customers
-- label: First-year LTV | 首年 LTV
-- unit: fen
-- period: Cohorts whose first paid order fell into a month that begins on these days; as of the last closed day. | 首单月份的第一天落在期内的各批顾客；截至最近一个已结束日。
-- days: 365
-- dimension channel: NULLIF(known.channel, '') | Channel of the first touch | 首次接触的渠道
-- dimension cohort: CAST(known.cohort_month AS VARCHAR) | Month of the first order | 首单月份
WITH known AS (
    SELECT days.period, cohorts.channel, cohorts.cohort_month, cohorts.customers, cohorts.projected_ltv_fen
    FROM cohorts
    INNER JOIN days ON days.day = cohorts.cohort_month
    WHERE cohorts.age = 11 AND cohorts.channel IS NOT NULL AND cohorts.projected_ltv_fen IS NOT NULL
)

SELECT
    known.period,
    NULL AS slice,
    SUM(known.projected_ltv_fen * known.customers) AS numerator,
    SUM(known.customers) AS denominator
FROM known
GROUP BY known.period, slice
