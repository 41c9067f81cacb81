-- A row is what the shop itself showed in a live, where it was written down piece by piece.
-- 一行是店铺在一场直播里讲的内容（有逐条记录时）。
-- key: live_id
-- unit: live_id
-- from: touchpoints[content.posted] on live_id
-- column live_id: The live. | 直播
-- column day: The local day on which it began. | 开始当天
-- column posts: Pieces of any kind. | 条数
-- column knowledge_posts: Pieces that teach something. | 其中知识类条数
-- column feeling_posts: Pieces that tell a story. | 其中情感类条数
-- column interaction_posts: Pieces that ask or invite. | 其中互动类条数
-- column promotion_posts: Pieces that sell. | 其中促销类条数
SELECT
    live_id,
    MIN(day) AS day,
    CAST(COUNT(*) AS INTEGER) AS posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'knowledge' THEN 1 ELSE 0 END) AS INTEGER) AS knowledge_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'feeling' THEN 1 ELSE 0 END) AS INTEGER) AS feeling_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'interaction' THEN 1 ELSE 0 END) AS INTEGER) AS interaction_posts,
    CAST(SUM(CASE WHEN data ->> '$.kind' = 'promotion' THEN 1 ELSE 0 END) AS INTEGER) AS promotion_posts
FROM touchpoints
WHERE type = 'content.posted' AND live_id IS NOT NULL
GROUP BY live_id
