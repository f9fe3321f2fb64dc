"""Small calls that the event loop answers itself get what a thread would have answered."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.processes import query
from tests.web_server import Server

pytestmark = pytest.mark.slow

GOOD = {"type": "like", "user_id": "ann"}
BODIES = {
    "one record": json.dumps({"data": [GOOD]}),
    "no records": json.dumps({"data": []}),
    "a bad record": json.dumps({"data": [GOOD, {"type": "likes"}]}),
    "no list": json.dumps({"data": {}}),
    "no JSON": '{"data":[',
    "not UTF-8": b'{"data":[{"type":"like","user_id":"\xff"}]}',
    "nothing": "",
    "many records": json.dumps({"data": [GOOD] * 300}),
}


def answered(server: Server, body: str | bytes, query: str = "", **headers: str) -> tuple[int, object, dict[str, str]]:
    """Status, JSON and headers of an answer; without what differs from one to the next."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as line:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request("POST", f"/v1/interactions?api_key={server.key}{query}", body, named)
        answer = line.getresponse()
        kept = {name.lower(): value for name, value in answer.getheaders()}
        kept.pop("date", None)
        assert kept.pop("x-request-id")
        return answer.status, json.loads(answer.read()), kept


def stored(server: Server) -> int:
    """Records that are in the inbox."""
    return int(query(server.environ, "SELECT coalesce(sum(records), 0) FROM interactions_inboxentry")[0][0])


@pytest.mark.parametrize("query", ["", "&dry_run=1"])
@pytest.mark.parametrize("name", BODIES)
def test_both_ways_answer_and_store_the_same(web_server: Server, name: str, query: str) -> None:
    body = BODIES[name]
    answered(web_server, BODIES["one record"])  # from here on the process relies on the key for a moment
    before = stored(web_server)
    by_a_thread = answered(web_server, body, query, Content_Encoding="identity")
    between = stored(web_server)
    at_once = answered(web_server, body, query)
    assert at_once == by_a_thread
    assert stored(web_server) - between == between - before


def test_an_unknown_host_is_refused_at_once_too(web_server: Server) -> None:
    answered(web_server, BODIES["one record"])
    assert answered(web_server, BODIES["one record"], Host="dojo.example.com")[0] == 400
