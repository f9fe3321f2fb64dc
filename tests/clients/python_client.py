"""Run by the clients' own Python: makes one call with miso-sdk, told on standard input, and prints what came of it."""

import json
import sys

from miso.sdk import ApiClient, ApiException

order = json.load(sys.stdin)
client = ApiClient(order["key"], host=order["host"], raise_on_error=order["raises"])
try:
    if order["call"] == "dry_run":  # the client has no word for it, only a way to name any path
        result = client._api_call("v1/interactions?dry_run=1", order["arguments"])
    else:
        result = getattr(client.interaction, order["call"])(**order["arguments"])
except ApiException as error:
    json.dump({"status": error.status_code, "said": str(error), "answer": error.response}, sys.stdout)
else:
    json.dump({"status": 200, "answer": result}, sys.stdout)
