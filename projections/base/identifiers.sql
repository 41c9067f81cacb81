-- A row is one identifier that some event mentioned; its value is known to the vault alone.
-- 一行是某个事件提到过的一个标识，其真实值只有保险库知道。
-- key: surrogate
-- column surrogate: The number that stands for the identifier. | 标识的代号
-- column type: The kind of identifier. | 标识类型
-- column scope: Where its value means something, such as an app. | 适用范围，例如某个小程序
-- column person_id: The person it belongs to now; NULL for an order whose owner is not known. | 现在归属的人；订单还没有找到主人时为空
-- column first_seen: When the first fact that mentions it happened; decisions, and statements of who is who, do not count. | 最早出现时间（不含旅程决定、触达和身份裁定）
-- column last_seen: When the last fact that mentions it happened. | 最近出现时间
-- column owner_kind: `order` for order numbers, which attach events but merge nobody; else `person`. | 订单号为 order（只归属、不合并），其余为 person
CREATE TABLE identifiers (
    surrogate BIGINT, type VARCHAR, scope VARCHAR, person_id BIGINT,
    first_seen TIMESTAMPTZ, last_seen TIMESTAMPTZ, owner_kind VARCHAR
)
