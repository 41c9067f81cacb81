-- A row is one field of a profile for which the workspace says how values of several sources become one; other fields are kept as last told.
-- 一行是工作区为资料里某一项规定的取值方式；没有规定的项以最近一次为准。
-- key: field
-- unit: told_by
-- from: touchpoints[workspace.configured] on type
-- column field: The field; the workspace's own attributes as attributes.NAME. | 资料项；自定义属性写作 attributes.名称
-- column policy: latest, first, max, min, sum or union. | 取值方式：latest 最近、first 最早、max 最大、min 最小、sum 求和、union 合并
-- column sources: Sources that come before others, the first before all. | 优先采信的来源，靠前者优先
-- column type: The type of the events that tell the field. | 带来该资料的事件类型
-- column told_by: The type of the event that says so. | 规定它的事件类型
WITH configured AS (
    SELECT type, data, ROW_NUMBER() OVER (PARTITION BY type ORDER BY position DESC) AS latest
    FROM touchpoints
    WHERE type = 'workspace.configured'
),

fields AS (
    SELECT type, UNNEST(MAP_ENTRIES(CAST(data -> '$.settings.profile' AS MAP(VARCHAR, JSON)))) AS said
    FROM configured
    WHERE latest = 1
)

SELECT
    said.key AS field,
    said.value ->> '$.policy' AS policy,
    COALESCE(CAST(said.value -> '$.sources' AS VARCHAR[]), CAST([] AS VARCHAR[])) AS sources,
    'person.profile_changed' AS type,
    type AS told_by
FROM fields
