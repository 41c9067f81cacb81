-- A row is one person who did something in a group on one day; staff are left out.
-- 一行是某人某天在某个群里的活动，员工不计。
-- key: group_id, day, person_id
-- unit: person_id
-- order: group_id, day
-- from: touchpoints[group.message_sent, group.link_clicked, group.checked_in, group.activity_joined] on person_id
-- from: group_members on person_id
-- from: staff on person_id
-- column group_id: The group. | 社群
-- column day: The local day. | 日期
-- column person_id: The person. | 人
-- column messages: Messages written. | 消息条数
-- column link_clicks: Links opened. | 点击链接次数
-- column check_ins: Check-ins. | 签到次数
-- column activities: Activities joined. | 参加活动次数
-- column member_at_start: Was a member when the day began. | 当天开始时是否已是成员
SELECT
    done.group_id,
    done.day,
    done.person_id,
    done.messages,
    done.link_clicks,
    done.check_ins,
    done.activities,
    earlier.person_id IS NOT NULL AS member_at_start
FROM (
    SELECT
        group_id,
        day,
        person_id,
        CAST(SUM(CASE WHEN type = 'group.message_sent' THEN 1 ELSE 0 END) AS INTEGER) AS messages,
        CAST(SUM(CASE WHEN type = 'group.link_clicked' THEN 1 ELSE 0 END) AS INTEGER) AS link_clicks,
        CAST(SUM(CASE WHEN type = 'group.checked_in' THEN 1 ELSE 0 END) AS INTEGER) AS check_ins,
        CAST(SUM(CASE WHEN type = 'group.activity_joined' THEN 1 ELSE 0 END) AS INTEGER) AS activities
    FROM touchpoints
    WHERE type IN ('group.message_sent', 'group.link_clicked', 'group.checked_in', 'group.activity_joined')
        AND group_id IS NOT NULL
        AND person_id IS NOT NULL
    GROUP BY group_id, day, person_id
) AS done
LEFT JOIN staff ON staff.person_id = done.person_id
LEFT JOIN (
    SELECT DISTINCT active.group_id, active.day, active.person_id
    FROM touchpoints AS active
    INNER JOIN group_members
        ON group_members.group_id = active.group_id AND group_members.person_id = active.person_id
    WHERE (group_members.joined_day IS NULL OR group_members.joined_day < active.day)
        AND (group_members.left_day IS NULL OR group_members.left_day >= active.day)
) AS earlier
    ON earlier.group_id = done.group_id AND earlier.day = done.day AND earlier.person_id = done.person_id
WHERE staff.person_id IS NULL
