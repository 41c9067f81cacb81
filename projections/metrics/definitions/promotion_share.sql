-- Posts that promote / all posts of the shop in its groups; 70/30 is the mix to keep.
-- 店铺在社群里发布的内容中促销类所占的比例；应守住七三开。
-- area: groups
-- label: Promotion share | 促销内容占比
-- unit: ratio
-- period: Posts of these days. | 期内发布的内容。
-- better: less
-- target: 0.3
-- dimension group: group_posts.group_id | Group | 社群
-- dimension building: groups.building | Building of the group | 社群所在楼栋
-- dimension interest: groups.interest | Interest of the group | 社群兴趣
SELECT
    days.period,
    NULL AS slice,
    SUM(group_posts.promotion_posts) AS numerator,
    SUM(group_posts.posts) AS denominator
FROM group_posts
INNER JOIN days ON days.day = group_posts.day
LEFT JOIN groups ON groups.group_id = group_posts.group_id
GROUP BY days.period, slice
