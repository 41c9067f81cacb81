-- A row is one person of whom something was told: what is known, each field by its policy. No names, no numbers: references that only the vault opens.
-- 一行是一个有资料的人：每一项按规定的方式取值。不含姓名和号码，只有保险库能打开的引用。
-- key: person_id
-- unit: person_id
-- from: touchpoints[person.profile_changed] on person_id
-- lookup: profile_policies on type via touchpoints
-- column person_id: The person. | 人
-- column building: The building they live in. | 楼栋
-- column gender: female, male or unknown. | 性别
-- column baby_birth_month: The month in which their baby was born, as 2026-03. | 宝宝出生月份，如 2026-03
-- column attributes: The workspace's own attributes, as a JSON object. | 自定义属性（JSON 对象）
-- column name: Reference to the name. | 姓名的引用
-- column nickname: Reference to what they go by. | 昵称的引用
-- column remark: Reference to what the staff noted. | 备注的引用
-- column address: Reference to the address. | 地址的引用
-- column avatar: Reference to the address of a picture. | 头像的引用
WITH events AS (
    SELECT person_id, occurred_at, position, source, data
    FROM touchpoints
    WHERE type = 'person.profile_changed' AND person_id IS NOT NULL
),

latest AS (
    SELECT DISTINCT
        person_id,
        LAST_VALUE(data ->> '$.building' IGNORE NULLS) OVER story AS building,
        LAST_VALUE(data ->> '$.gender' IGNORE NULLS) OVER story AS gender,
        LAST_VALUE(data ->> '$.baby_birth_month' IGNORE NULLS) OVER story AS baby_birth_month,
        LAST_VALUE(NULLIF(data ->> '$.name', '') IGNORE NULLS) OVER story AS name,
        LAST_VALUE(NULLIF(data ->> '$.nickname', '') IGNORE NULLS) OVER story AS nickname,
        LAST_VALUE(NULLIF(data ->> '$.remark', '') IGNORE NULLS) OVER story AS remark,
        LAST_VALUE(NULLIF(data ->> '$.address', '') IGNORE NULLS) OVER story AS address,
        LAST_VALUE(NULLIF(data ->> '$.avatar', '') IGNORE NULLS) OVER story AS avatar
    FROM events
    WINDOW story AS (
        PARTITION BY person_id ORDER BY occurred_at, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),

-- values of own attributes, and of those other fields that the workspace keeps otherwise
said AS (
    SELECT person_id, occurred_at, position, source, 'attributes.' || entry.key AS field, entry.value
    FROM (
        SELECT
            person_id, occurred_at, position, source,
            UNNEST(MAP_ENTRIES(CAST(data -> '$.attributes' AS MAP(VARCHAR, JSON)))) AS entry
        FROM events
        WHERE (data -> '$.attributes') IS NOT NULL
    ) AS entries
    UNION ALL
    SELECT
        events.person_id, events.occurred_at, events.position, events.source, profile_policies.field,
        events.data -> ('$.' || profile_policies.field) AS value
    FROM events
    INNER JOIN profile_policies ON profile_policies.type = 'person.profile_changed'
    WHERE profile_policies.field NOT LIKE 'attributes.%'
),

told AS (
    SELECT
        said.person_id,
        said.occurred_at,
        said.position,
        said.source,
        said.field,
        said.value,
        COALESCE(profile_policies.policy, 'latest') AS policy,
        profile_policies.sources
    FROM said
    LEFT JOIN profile_policies ON profile_policies.field = said.field
    WHERE
        said.field LIKE 'attributes.%'
        OR (said.field IN ('building', 'gender', 'baby_birth_month') AND said.value ->> '$' IS NOT NULL)
        OR said.value ->> '$' <> ''
),

-- the place of the source among those that come before others, by its own name or by what stands before a slash
ranked AS (
    SELECT
        person_id, occurred_at, position, field, value, policy,
        LEAST(
            COALESCE(NULLIF(LIST_POSITION(sources, source), 0), 1000),
            COALESCE(NULLIF(LIST_POSITION(sources, SPLIT_PART(source, '/', 1)), 0), 1000)
        ) AS source_rank
    FROM told
),

by_time AS (
    SELECT
        person_id, field, value,
        ROW_NUMBER() OVER (
            PARTITION BY person_id, field
            ORDER BY
                source_rank,
                CASE WHEN policy = 'first' THEN occurred_at END,
                CASE WHEN policy = 'first' THEN position END,
                occurred_at DESC,
                position DESC
        ) AS turn
    FROM ranked
    WHERE policy = 'latest' OR (policy = 'first' AND JSON_TYPE(value) <> 'NULL')
),

items AS (
    SELECT
        person_id, field, policy,
        UNNEST(CASE WHEN JSON_TYPE(value) = 'ARRAY' THEN CAST(value AS JSON[]) ELSE [value] END) AS item
    FROM ranked
    WHERE policy IN ('max', 'min', 'sum', 'union')
),

-- false before true before numbers before texts; numbers beyond 64 bits have no place
placed AS (
    SELECT person_id, field, policy, item, kind, number, CASE WHEN kind = 2 THEN item ->> '$' ELSE '' END AS word
    FROM (
        SELECT
            person_id, field, policy, item,
            CASE
                WHEN JSON_TYPE(item) = 'BOOLEAN' THEN 0
                WHEN JSON_TYPE(item) IN ('BIGINT', 'UBIGINT') AND TRY_CAST(item AS BIGINT) IS NOT NULL THEN 1
                WHEN JSON_TYPE(item) = 'VARCHAR' THEN 2
            END AS kind,
            CASE WHEN JSON_TYPE(item) <> 'VARCHAR' THEN COALESCE(TRY_CAST(item AS BIGINT), 0) ELSE 0 END AS number
        FROM items
    ) AS kinds
    WHERE kind IS NOT NULL
),

counted AS (
    SELECT person_id, field, policy, kind, number, word, MAX(item) AS item, COUNT(*) AS times
    FROM placed
    GROUP BY person_id, field, policy, kind, number, word
),

ordered AS (
    SELECT
        person_id, field, policy,
        ARRAY_AGG(item ORDER BY kind, number, word) AS items,
        SUM(CASE WHEN kind = 1 THEN CAST(number AS HUGEINT) * times END) AS total
    FROM counted
    GROUP BY person_id, field, policy
),

known AS (
    SELECT person_id, field, value FROM by_time WHERE turn = 1 AND JSON_TYPE(value) <> 'NULL'
    UNION ALL
    SELECT
        person_id,
        field,
        CASE policy
            WHEN 'union' THEN TO_JSON(items)
            WHEN 'min' THEN items[1]
            WHEN 'max' THEN items[LEN(items)]
            ELSE CAST(CAST(total AS VARCHAR) AS JSON)
        END AS value
    FROM ordered
    WHERE policy <> 'sum' OR total IS NOT NULL
),

own AS (
    SELECT
        person_id,
        TO_JSON(MAP(ARRAY_AGG(SUBSTRING(field, 12) ORDER BY field), ARRAY_AGG(value ORDER BY field))) AS attributes
    FROM known
    WHERE field LIKE 'attributes.%'
    GROUP BY person_id
),

otherwise AS (
    SELECT
        person_id,
        MAX(CASE WHEN field = 'building' THEN value ->> '$' END) AS building,
        MAX(CASE WHEN field = 'gender' THEN value ->> '$' END) AS gender,
        MAX(CASE WHEN field = 'baby_birth_month' THEN value ->> '$' END) AS baby_birth_month,
        MAX(CASE WHEN field = 'name' THEN value ->> '$' END) AS name,
        MAX(CASE WHEN field = 'nickname' THEN value ->> '$' END) AS nickname,
        MAX(CASE WHEN field = 'remark' THEN value ->> '$' END) AS remark,
        MAX(CASE WHEN field = 'address' THEN value ->> '$' END) AS address,
        MAX(CASE WHEN field = 'avatar' THEN value ->> '$' END) AS avatar
    FROM known
    GROUP BY person_id
)

SELECT
    latest.person_id,
    COALESCE(otherwise.building, latest.building) AS building,
    COALESCE(otherwise.gender, latest.gender) AS gender,
    COALESCE(otherwise.baby_birth_month, latest.baby_birth_month) AS baby_birth_month,
    COALESCE(CAST(own.attributes AS VARCHAR), '{}') AS attributes,
    COALESCE(otherwise.name, latest.name) AS name,
    COALESCE(otherwise.nickname, latest.nickname) AS nickname,
    COALESCE(otherwise.remark, latest.remark) AS remark,
    COALESCE(otherwise.address, latest.address) AS address,
    COALESCE(otherwise.avatar, latest.avatar) AS avatar
FROM latest
LEFT JOIN own ON own.person_id = latest.person_id
LEFT JOIN otherwise ON otherwise.person_id = latest.person_id
