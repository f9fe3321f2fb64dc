"""The Arrow schema of the table."""

import pyarrow as pa

_STRINGS = pa.list_(pa.string())

# The columns of the record, then ours.
TABLE_SCHEMA = pa.schema(
    [
        pa.field("type", pa.string(), nullable=False),
        pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False),
        ("user_id", pa.string()),
        ("anonymous_id", pa.string()),
        ("product_ids", _STRINGS),
        ("product_group_ids", _STRINGS),
        ("miso_id", pa.string()),
        ("duration", pa.float64()),
        ("revenue", pa.float64()),
        ("rating", pa.float64()),
        ("quantities", pa.list_(pa.float64())),
        ("category", _STRINGS),
        ("custom_action_name", pa.string()),
        ("keywords", pa.string()),
        ("question_id", pa.string()),
        ("result_type", pa.string()),
        ("value", pa.string()),
        ("campaign_name", pa.string()),
        ("campaign_source", pa.string()),
        ("campaign_medium", pa.string()),
        ("campaign_term", pa.string()),
        ("campaign_content", pa.string()),
        ("page_url", pa.string()),
        ("page_referrer", pa.string()),
        ("page_title", pa.string()),
        ("locale", pa.string()),
        ("region", pa.string()),
        ("truncated_ip", pa.string()),
        ("user_agent", pa.string()),
        ("extra", pa.string()),
        pa.field("import_id", pa.int64(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("fingerprint", pa.binary(), nullable=False),
        ("user_key", pa.int64()),
        ("anonymous_key", pa.int64()),
    ]
)
