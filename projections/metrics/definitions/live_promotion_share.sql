-- Posts that sell / everything the shop showed in its lives, where it was written down piece by piece.
-- 直播里讲的内容中促销类所占的比例（有逐条记录时）。
-- area: live
-- label: Promotion in lives | 直播促销占比
-- unit: ratio
-- period: Lives that began on these days. | 期内开播的直播。
-- better: less
-- target: 0.2
-- dimension live: live_posts.live_id | Live | 直播
SELECT
    days.period,
    NULL AS slice,
    SUM(live_posts.promotion_posts) AS numerator,
    SUM(live_posts.posts) AS denominator
FROM live_posts
INNER JOIN days ON days.day = live_posts.day
GROUP BY days.period, slice
