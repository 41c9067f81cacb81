-- A row is one group on one local day on which something happened in it. Persons are counted after identities are merged; staff are left out.
-- 一行是一个群在有动静的某一天的指标。人数按合并身份后计算，员工不计。
-- key: group_id, day
-- unit: group_id, day
-- order: group_id, day
-- from: group_moves on group_id, day
-- from: group_actives on group_id, day
-- from: group_posts on group_id, day
-- lookup: group_sizes on group_id, day < day via group_moves
-- lookup: group_sizes on group_id, day < day via group_actives
-- lookup: group_sizes on group_id, day < day via group_posts
-- lookup: groups on group_id via group_moves
-- lookup: groups on group_id via group_actives
-- lookup: groups on group_id via group_posts
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column name: Its name. | 群名
-- column building: The building it is for. | 楼栋
-- column messages: Messages of members. | 消息量
-- column active_members: Members who wrote, opened a link, checked in or joined an activity that day. | 活跃成员：当天发言、点击、签到或参加活动的成员
-- column members_start: Members when the day began. | 当天开始时的成员数
-- column members_end: Members when the day ended. | 当天结束时的成员数
-- column joined: Persons who joined that day. | 当天入群人数
-- column left: Persons who left or were removed that day. | 当天退群人数（主动或被移出）
-- column link_clicks: Links opened. | 点击链接次数
-- column check_ins: Check-ins. | 签到次数
-- column activities: Activities joined. | 参加活动次数
-- column interaction_rate: Members at the start of the day who wrote, clicked or checked in that day / members at the start of the day. | 互动率：当天开始时的成员中发言、点击或签到的人数 ÷ 当天开始时的成员数
-- column leave_rate: Persons who left that day / (members at its start + joined that day). | 退群率：当天退群人数 ÷（当天开始时的成员数 + 当天入群人数）
-- column posts: What the shop itself posted. | 店铺发布条数
-- column promotion_posts: Those of it that promote. | 其中促销类条数
WITH active AS (
    SELECT
        group_id,
        day,
        SUM(messages) AS messages,
        COUNT(*) AS active_members,
        SUM(CASE WHEN member_at_start AND messages + link_clicks + check_ins > 0 THEN 1 ELSE 0 END) AS interacting,
        SUM(link_clicks) AS link_clicks,
        SUM(check_ins) AS check_ins,
        SUM(activities) AS activities
    FROM group_actives
    GROUP BY group_id, day
),

days AS (
    SELECT group_id, day FROM group_moves
    UNION
    SELECT group_id, day FROM active
    UNION
    SELECT group_id, day FROM group_posts
),

-- The days that are asked for among the days on which the group's size changed, each before a change on that very day.
line AS (
    SELECT group_id, day, 1 AS asked, CAST(NULL AS INTEGER) AS members FROM days
    UNION ALL
    SELECT group_id, day, 0 AS asked, members FROM group_sizes WHERE group_id IN (SELECT group_id FROM days)
),

sized AS (
    SELECT
        group_id, day, asked,
        COALESCE(LAST_VALUE(members IGNORE NULLS) OVER (
            PARTITION BY group_id ORDER BY day, asked DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ), 0) AS members_start
    FROM line
),

counted AS (
    SELECT
        sized.group_id,
        sized.day,
        sized.members_start,
        COALESCE(group_moves.net, 0) AS net,
        COALESCE(group_moves.joined, 0) AS joined,
        COALESCE(group_moves.gone, 0) AS gone
    FROM sized
    LEFT JOIN group_moves ON group_moves.group_id = sized.group_id AND group_moves.day = sized.day
    WHERE sized.asked = 1
)

SELECT
    counted.group_id,
    counted.day,
    groups.name,
    groups.building,
    CAST(COALESCE(active.messages, 0) AS INTEGER) AS messages,
    CAST(COALESCE(active.active_members, 0) AS INTEGER) AS active_members,
    CAST(counted.members_start AS INTEGER) AS members_start,
    CAST(counted.members_start + counted.net AS INTEGER) AS members_end,
    CAST(counted.joined AS INTEGER) AS joined,
    CAST(counted.gone AS INTEGER) AS "left",
    CAST(COALESCE(active.link_clicks, 0) AS INTEGER) AS link_clicks,
    CAST(COALESCE(active.check_ins, 0) AS INTEGER) AS check_ins,
    CAST(COALESCE(active.activities, 0) AS INTEGER) AS activities,
    CAST(COALESCE(active.interacting, 0) AS DOUBLE) / NULLIF(counted.members_start, 0) AS interaction_rate,
    CAST(counted.gone AS DOUBLE) / NULLIF(counted.members_start + counted.joined, 0) AS leave_rate,
    COALESCE(group_posts.posts, 0) AS posts,
    COALESCE(group_posts.promotion_posts, 0) AS promotion_posts
FROM counted
LEFT JOIN groups ON groups.group_id = counted.group_id
LEFT JOIN active ON active.group_id = counted.group_id AND active.day = counted.day
LEFT JOIN group_posts ON group_posts.group_id = counted.group_id AND group_posts.day = counted.day
