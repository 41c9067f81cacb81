-- A row is what the shop itself posted in a group on one day.
-- 一行是店铺某天在某个群里发布的内容。
-- key: group_id, day
-- unit: group_id, day
-- from: touchpoints[content.posted] on group_id, day
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column posts: Posts of any kind. | 发布条数
-- column knowledge_posts: Posts that teach something. | 其中知识类条数
-- column feeling_posts: Posts that share something. | 其中情感类条数
-- column interaction_posts: Posts that ask or invite. | 其中互动类条数
-- column promotion_posts: Posts that promote. | 其中促销类条数
SELECT
    group_id,
    day,
    CAST(COUNT(*) AS INTEGER) AS posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'knowledge' THEN 1 ELSE 0 END) AS INTEGER) AS knowledge_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'feeling' THEN 1 ELSE 0 END) AS INTEGER) AS feeling_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'interaction' THEN 1 ELSE 0 END) AS INTEGER) AS interaction_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'promotion' THEN 1 ELSE 0 END) AS INTEGER) AS promotion_posts
FROM touchpoints
WHERE type = 'content.posted' AND group_id IS NOT NULL
GROUP BY group_id, day
