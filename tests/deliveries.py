"""API calls for the tests of the ring and of the Live page."""

import json
from datetime import UTC, datetime
from typing import Any

from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery


def delivery(**values: Any) -> Delivery:
    """A call of one like to production, answered 200."""
    given: dict[str, Any] = {
        "environment": "production",
        "at": datetime.now(UTC),
        "client": "curl",
        "key_name": "Shop",
        "key_prefix": "dojo_sk_abcd",
        "method": "POST",
        "path": "/v1/interactions",
        "records": 1,
        "status": 200,
        "milliseconds": 2.0,
        "types": {"like": 1},
        "body": body_of({"type": "like", "user_id": "ann"}),
    }
    return Delivery(**{**given, **values})


def body_of(*records: dict[str, Any]) -> bytes:
    return json.dumps({"data": records}).encode()


def delivered(**values: Any) -> Delivery:
    """A call as the ring gives it back."""
    calls.push([delivery(**values)])
    environment = values.get("environment", "production")
    call = calls.get(environment, calls.recent(environment)[0].id)
    assert call is not None
    return call
