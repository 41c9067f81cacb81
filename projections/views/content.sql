-- A row is what the shop itself posted in one group in one week, or showed in one live, by kind: groups keep 30 % promotion at most, lives 20 %.
-- 一行是店铺一周内在一个群、或在一场直播里发布的内容构成：社群的促销不超过 30%，直播不超过 20%。
-- key: place, place_id, week
-- refresh: read
-- from: group_posts
-- from: live_posts
-- column place: group or live. | group 社群、live 直播
-- column place_id: The group or the live. | 社群或直播
-- column week: Monday of the week; of a live, of the week in which it began. | 所在周的周一；直播按开始那天
-- column posts: Posts of any kind. | 发布条数
-- column knowledge: Posts that teach something. | 知识类
-- column feeling: Posts that share something or tell a story. | 情感类
-- column interaction: Posts that ask or invite. | 互动类
-- column promotion: Posts that promote. | 促销类
-- column promotion_share: promotion / posts. | 促销占比：促销类 ÷ 发布条数
-- column target_share: The largest share of promotion that keeps the mix: 0.3 in groups (70/30), 0.2 in lives (80/20). | 促销占比上限：社群 0.3（七三开）、直播 0.2（八二开）
-- column in_mix: The mix was kept. | 是否守住比例
WITH posted AS (
    SELECT
        'group' AS place,
        group_id AS place_id,
        CAST(DATE_TRUNC('week', day) AS DATE) AS week,
        SUM(posts) AS posts,
        SUM(knowledge_posts) AS knowledge,
        SUM(feeling_posts) AS feeling,
        SUM(interaction_posts) AS interaction,
        SUM(promotion_posts) AS promotion,
        0.3 AS target_share
    FROM group_posts
    GROUP BY group_id, CAST(DATE_TRUNC('week', day) AS DATE)
    UNION ALL
    SELECT
        'live' AS place,
        live_id AS place_id,
        CAST(DATE_TRUNC('week', day) AS DATE) AS week,
        posts,
        knowledge_posts AS knowledge,
        feeling_posts AS feeling,
        interaction_posts AS interaction,
        promotion_posts AS promotion,
        0.2 AS target_share
    FROM live_posts
)

SELECT
    place,
    place_id,
    week,
    CAST(posts AS INTEGER) AS posts,
    CAST(knowledge AS INTEGER) AS knowledge,
    CAST(feeling AS INTEGER) AS feeling,
    CAST(interaction AS INTEGER) AS interaction,
    CAST(promotion AS INTEGER) AS promotion,
    CAST(promotion AS DOUBLE) / posts AS promotion_share,
    CAST(target_share AS DOUBLE) AS target_share,
    promotion * 10 <= posts * CAST(target_share * 10 AS INTEGER) AS in_mix
FROM posted
