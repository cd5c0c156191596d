"""The server: its control routes, where it listens, and what it logs."""

import json
import logging
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.standins.server import Standins
from tests.standins.test_line import multicast
from tests.standins.test_twilio import TO, raw, send


def test_it_is_healthy(control):
    assert control("GET", "health") == {"status": "ok"}


def test_it_listens_on_the_loopback_address_only(standins):
    port = int(standins.url.rpartition(":")[2])
    assert standins.url == f"http://127.0.0.1:{port}"
    with socket.socket() as elsewhere:
        elsewhere.settimeout(1)
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0


def test_a_section_is_replaced_and_the_others_stay(control):
    changed = control("PUT", "config", {"line": {"channels": {"77": {"secret": "s"}}}})
    assert list(changed["line"]["channels"]) == ["77"]
    assert changed["ses"]["verified_domains"] == ["asunaro.example.jp"]


@pytest.mark.parametrize(
    ("route", "body", "problem"),
    [
        ("PUT config", {"fax": {}}, "fax: Extra inputs"),
        ("PUT config", {"ses": {"max_send_rate": -1}}, "ses.max_send_rate"),
        ("POST faults", {"provider": "ses", "kind": "fire"}, "ses has no kind fire"),
        ("POST faults", {"provider": "fax", "kind": "timeout"}, "provider"),
        (
            "POST faults",
            {"provider": "line", "kind": "timeout", "operation": "broadcast"},
            "line has no operation broadcast",
        ),
        (
            "POST faults",
            {"provider": "ses", "kind": "partial", "after": True},
            "cannot come after",
        ),
        (
            "POST faults",
            {"provider": "ses", "kind": "timeout", "entries": [1]},
            "does not choose entries",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(standins, http, route, body, problem):
    method, path = route.split()
    answer = http.request(method, f"{standins.url}/_standins/{path}", body=json.dumps(body))
    assert answer.status == 400
    assert problem in " ".join(answer.json()["problems"])


def test_nothing_configured_means_nothing_allowed(tmp_path, http):
    with Standins(tmp_path / "outbox.db") as bare:
        assert raw(bare, http, "GET").status == 401
        token = http.request("POST", f"{bare.url}/oauth2/v3/token", fields={})
        assert token.status == 400


def test_an_unknown_route_is_not_found_and_a_wrong_method_not_allowed(standins, http):
    assert http.request("GET", f"{standins.url}/v2/bot/message/narrowcast").status == 404
    assert http.request("GET", f"{standins.url}/v2/bot/message/push").status == 405


def test_counts_tell_every_call_by_its_answer(line, twilio, fail, control):
    line.post("multicast", multicast(1, 2))
    fail("line", "throttle")
    line.post("multicast", multicast(1, 2))
    send(twilio)
    fail("line", "disconnect", times=2)
    told = control("GET", "counts")
    assert told["sent"] == {"line": 2, "sms": 1}
    assert (told["mailboxes"], told["repeated"], told["faults_left"]) == (3, 0, 2)
    calls = {(c["provider"], c["operation"], c["status"]): c["number"] for c in told["calls"]}
    assert calls == {
        ("line", "token", 200): 1,
        ("line", "multicast", 200): 1,
        ("line", "multicast", 429): 1,
        ("twilio", "create", 201): 1,
    }


def test_a_call_without_an_answer_counts_as_zero(twilio, fail, control):
    fail("twilio", "disconnect")
    with pytest.raises(OSError, match="Connection"):
        send(twilio)
    assert control("GET", "counts")["calls"] == [
        {"provider": "twilio", "operation": "create", "status": 0, "number": 1}
    ]


def test_what_was_sent_twice_is_told(twilio, control):
    first, second = send(twilio), send(twilio)
    (found,) = control("GET", "repeated")
    assert found["number"] == 2
    kept = {m["id"]: m["provider_id"] for m in control("GET", "sent")}
    assert [kept[i] for i in found["ids"]] == [first.sid, second.sid]


def test_sent_is_filtered_and_can_be_read_on_from_an_id(twilio, line, control):
    send(twilio)
    line.post("multicast", multicast(1))
    assert [m["channel"] for m in control("GET", "sent")] == ["sms", "line"]
    assert len(control("GET", f"sent?recipient=%2B{TO[1:]}")) == 1
    assert [m["channel"] for m in control("GET", "sent?after=1")] == ["line"]


def test_a_reset_forgets_what_was_sent_but_not_who_may_send(twilio, fail, control):
    send(twilio)
    fail("twilio", "throttle")
    control("POST", "reset")
    told = control("GET", "counts")
    assert (told["sent"], told["calls"], told["faults_left"]) == ({}, [], 0)
    assert send(twilio).status == "queued"


def test_a_held_answer_is_let_go_when_the_faults_are_cleared(line, fail, control):
    fail("line", "timeout", after=True, seconds=60)
    line.http.connection_pool_kw["timeout"] = 10
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(line.post, "multicast", multicast(1))
        while control("GET", "counts")["faults_left"]:
            pass
        while not control("GET", "sent"):
            pass
        assert not held.done()
        control("DELETE", "faults")
        assert held.result(10).status == 200


def test_requests_are_logged_without_their_query(twilio, caplog):
    with caplog.at_level(logging.INFO, "standins"):
        twilio.messages.list(to=TO)
    said = " ".join(record.getMessage() for record in caplog.records)
    assert re.search(r"GET /2010-04-01/Accounts/AC\w+/Messages.json 200", said)
    assert TO[1:] not in said


def test_the_command_says_where_it_listens(tmp_path, http):
    config = tmp_path / "config.json"
    config.write_text('{"ses": {"verified_domains": ["a.example.jp"]}}')
    command = [sys.executable, "-m", "local.standins.server", "--outbox", tmp_path / "o.db"]
    with subprocess.Popen(
        [*command, "--config", config, "--quiet"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        told = http.request("GET", f"{url}/_standins/config").json()
        process.terminate()
    assert told["ses"]["verified_domains"] == ["a.example.jp"]
