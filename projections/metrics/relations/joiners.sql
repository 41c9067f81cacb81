-- A row is one person who joined a group in a period, once however often; staff are left out.
-- 一行是期内入群一个群的一个人，多次只算一次，员工不计。
SELECT DISTINCT days.period, group_members.group_id, group_members.person_id
FROM group_members
INNER JOIN days ON days.day = group_members.joined_day
LEFT JOIN staff ON staff.person_id = group_members.person_id
WHERE staff.person_id IS NULL
