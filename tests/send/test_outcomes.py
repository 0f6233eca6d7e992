from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.support.alerts import an_alert
from tests.support.sinks import Answer, Hooks, Inbox, Reply
from watchd.model import Endpoint, Outcome, SendResult
from watchd.send import deliver, endpoints

SENT, RETRY, REFUSED = Outcome.SENT, Outcome.RETRY, Outcome.REFUSED
UNKNOWN, DROPPED = Outcome.UNKNOWN, Outcome.DROPPED


def _only(url: str) -> Endpoint:
    [endpoint] = endpoints("desk", [url])
    return endpoint


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(), SENT, ""),
        (Answer(status=201), SENT, ""),
        (
            Answer(status=302, headers={"Location": "/other"}),
            REFUSED,
            "302 Found: the address has moved",
        ),
        (Answer(status=400, body="bad payload"), REFUSED, "400 Bad Request: bad payload"),
        (Answer(status=401), REFUSED, "401 Unauthorized"),
        (Answer(status=404), REFUSED, "404 Not Found"),
        (Answer(status=408), RETRY, "408"),
        (Answer(status=429), RETRY, "429 Too Many Requests"),
        (Answer(status=500, body="broken"), RETRY, "500 Internal Server Error: broken"),
        (Answer(status=503), RETRY, "503"),
        (Answer(cut="silent"), DROPPED, "the connection broke before an answer"),
        (Answer(cut="half"), DROPPED, "the connection broke before an answer"),
        (Answer(late=True), UNKNOWN, "no answer in time"),
    ],
    ids=lambda value: str(getattr(value, "status", value)) if isinstance(value, Answer) else None,
)
def test_what_a_webhook_answers_decides_what_happens_next(
    hooks: Hooks, answer: Answer, outcome: Outcome, words: str
) -> None:
    hooks.answer(answer)
    result = deliver(_only(f"json://{hooks.address}/hook?rto=0.3"), an_alert())
    assert result.outcome is outcome
    assert result.detail.startswith(words)
    assert len(hooks.received) == 1


@pytest.mark.parametrize(
    ("status", "said", "pause"),
    [
        (429, "7", timedelta(seconds=7)),
        (503, "120", timedelta(minutes=2)),
        (429, "soon", None),
        (429, "-5", None),
        (429, "", None),
    ],
)
def test_a_receiver_that_asks_for_time_gets_it(
    hooks: Hooks, status: int, said: str, pause: timedelta | None
) -> None:
    hooks.answer(Answer(status=status, headers={"Retry-After": said}))
    result = deliver(_only(f"json://{hooks.address}/"), an_alert())
    assert result.retry_after == pause


def test_a_date_in_retry_after_is_counted_from_the_servers_clock(hooks: Hooks) -> None:
    until = datetime.now(UTC) + timedelta(minutes=5)
    hooks.answer(Answer(status=429, headers={"Retry-After": format_datetime(until)}))
    result = deliver(_only(f"json://{hooks.address}/"), an_alert())
    assert result.retry_after is not None
    assert timedelta(minutes=4) < result.retry_after <= timedelta(minutes=5)


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_nobody_there_is_tried_again(scheme: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and never listens
        port = unused.getsockname()[1]
        url = f"{scheme}://127.0.0.1:{port}/?from=w@example.org&to=anna@example.org"
        result = deliver(_only(url), an_alert())
    assert result.outcome is RETRY
    assert result.detail.endswith(": Connection refused")


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_a_name_that_cannot_be_found_is_tried_again(scheme: str) -> None:
    url = f"{scheme}://receiver.invalid/?from=w@example.org&to=anna@example.org"
    result = deliver(_only(url), an_alert())
    assert result.outcome is RETRY
    assert result.detail.startswith("could not ")


def test_a_receiver_without_a_good_certificate_is_tried_again(hooks: Hooks) -> None:
    result = deliver(_only(f"jsons://{hooks.address}/"), an_alert())
    assert result.outcome is RETRY
    assert result.detail.startswith("no secure connection: ")
    assert hooks.received == []


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(), SENT, ""),
        (Answer(status=404, body="no_service"), REFUSED, "404 Not Found: no_service"),
        (Answer(status=403, body="invalid_token"), REFUSED, "403 Forbidden: invalid_token"),
        (Answer(status=429, body="rate_limited", headers={"Retry-After": "30"}), RETRY, "429"),
        (Answer(body='{"ok": false, "error": "channel_not_found"}'), REFUSED, "answered: "),
        (Answer(body='{"ok": false, "error": "ratelimited"}'), RETRY, "answered: "),
        (Answer(body="a page of somebody else's"), UNKNOWN, "answered: a page"),
    ],
)
def test_slacks_answers(
    hooks: Hooks,
    slack_at: Callable[[Hooks], str],
    answer: Answer,
    outcome: Outcome,
    words: str,
) -> None:
    hooks.answer(answer)
    result = deliver(_only(slack_at(hooks)), an_alert())
    assert result.outcome is outcome
    assert result.detail.startswith(words)


def test_a_workspace_that_refuses_rich_text_gets_plain_blocks(
    hooks: Hooks, slack_at: Callable[[Hooks], str]
) -> None:
    hooks.answer(Answer(status=400, body="invalid_attachments"))
    result = deliver(_only(slack_at(hooks)), an_alert())
    assert result == SendResult(outcome=SENT)
    first, second = [post.json()["attachments"][0]["blocks"][0]["type"] for post in hooks.received]
    assert (first, second) == ("rich_text", "section")


def test_one_of_three_channels_failing_is_tried_again_alone(
    hooks: Hooks, slack_at: Callable[[Hooks], str]
) -> None:
    three = endpoints("desk", [f"{slack_at(hooks)}/#a/#b/#c"])
    hooks.answer(Answer(), Answer(status=500), Answer())
    assert [deliver(one, an_alert()).outcome for one in three] == [SENT, RETRY, SENT]
    assert deliver(three[1], an_alert()).outcome is SENT
    assert [post.json()["channel"] for post in hooks.received] == ["#a", "#b", "#c", "#b"]


@pytest.mark.parametrize(
    ("reply", "outcome", "words"),
    [
        (Reply(), SENT, ""),
        (Reply(code=451, words="try later"), RETRY, "451 try later"),
        (Reply(code=550, words="no such mail"), REFUSED, "550 no such mail"),
        (Reply(code=421, words="closing"), RETRY, "421 closing"),
        (Reply(at="rcpt", code=550, words="unknown user"), REFUSED, "550 unknown user"),
        (Reply(at="rcpt", code=450, words="greylisted"), RETRY, "450 greylisted"),
        (Reply(at="connect", code=421, words="busy"), RETRY, "421 busy"),
        (Reply(at="auth", code=535, words="bad credentials"), REFUSED, "535 bad credentials"),
        (Reply(at="data", code=452, words="disk full"), RETRY, "452 disk full"),
        (Reply(at="connect", cut=True), RETRY, "the mail server hung up"),
        (Reply(at="mail", cut=True), RETRY, "the mail server hung up"),
        (Reply(at="rcpt", late=True), RETRY, "the mail server did not answer in time"),
        (Reply(cut=True), DROPPED, "the mail server hung up before"),
        (Reply(late=True), UNKNOWN, "no answer in time"),
    ],
    ids=lambda value: f"{value.at}-{value.code}" if isinstance(value, Reply) else None,
)
def test_what_a_mail_server_answers_decides_what_happens_next(
    inbox: Inbox, reply: Reply, outcome: Outcome, words: str
) -> None:
    inbox.answer(reply)
    url = f"mailto://user:secret@{inbox.address}?from=w@example.org&to=anna@example.org&rto=0.5"
    result = deliver(_only(url), an_alert())
    assert result.outcome is outcome
    assert result.detail.startswith(words)


def test_a_mail_server_without_the_tls_that_is_asked_for(inbox: Inbox) -> None:
    url = f"mailtos://u:p@{inbox.address}?from=w@example.org&to=anna@example.org&mode=starttls"
    result = deliver(_only(url), an_alert())
    assert result.outcome is RETRY
    assert result.detail.startswith("no secure connection with the mail server: STARTTLS")


def test_two_recipients_get_a_mail_each_and_one_failing_is_tried_again_alone(inbox: Inbox) -> None:
    url = f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org,bob@example.org"
    anna, bob = endpoints("desk", [url])
    inbox.answer(Reply(at="rcpt", code=450))
    assert deliver(anna, an_alert()).outcome is RETRY
    assert deliver(bob, an_alert()).outcome is SENT
    assert deliver(anna, an_alert()).outcome is SENT
    assert [mail.to for mail in inbox.mails] == [("bob@example.org",), ("anna@example.org",)]


def test_after_the_deadline_the_answer_is_unknown_though_it_may_still_arrive(hooks: Hooks) -> None:
    hooks.answer(Answer(late=True))
    endpoint = _only(f"json://{hooks.address}/")
    result = deliver(endpoint, an_alert(), deadline=timedelta(seconds=0.2))
    assert result == SendResult(outcome=UNKNOWN, detail="no answer within 0.2 s")


@pytest.mark.parametrize(("status", "outcome"), [(500, RETRY), (200, UNKNOWN)])
def test_a_bug_in_a_plug_in_is_a_failed_attempt(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, status: int, outcome: Outcome
) -> None:
    from apprise.plugins.custom_json import NotifyJSON

    def stumble(_code: object, _mask: object = None) -> str:
        raise KeyError(f"token-of-mine at {hooks.address}")

    # Called by the plug-in once it has an answer: for one it dislikes, and for one it likes.
    monkeypatch.setattr(NotifyJSON, "http_response_code_lookup", staticmethod(stumble))
    monkeypatch.setattr(NotifyJSON.logger, "info", stumble)
    hooks.answer(Answer(status=status, body="no"))
    result = deliver(_only(f"json://{hooks.address}/"), an_alert())
    assert result.outcome is outcome
    assert "token-of-mine" not in result.detail


def test_a_plug_in_that_does_not_even_try_says_why(
    hooks: Hooks, slack_at: Callable[[Hooks], str]
) -> None:
    result = deliver(_only(f"{slack_at(hooks)}/#bad!name"), an_alert())
    assert result.outcome is RETRY
    assert "invalid" in result.detail
    assert hooks.received == []


def test_a_message_does_not_wait_for_the_one_before(hooks: Hooks) -> None:
    """Apprise's own objects pause between two messages; ten would take half a minute."""
    endpoint = _only(f"json://{hooks.address}/")
    began = datetime.now(UTC)
    assert {deliver(endpoint, an_alert()).outcome for _ in range(10)} == {SENT}
    assert datetime.now(UTC) - began < timedelta(seconds=5)


def test_threads_do_not_hear_each_others_answers(hooks: Hooks) -> None:
    hooks.always(Answer(status=500), path="/bad")
    good, bad = _only(f"json://{hooks.address}/good"), _only(f"json://{hooks.address}/bad")
    results: dict[str, list[SendResult]] = {"good": [], "bad": []}

    def send(name: str, endpoint: Endpoint) -> None:
        results[name] += [deliver(endpoint, an_alert()) for _ in range(8)]

    threads = [
        threading.Thread(target=send, args=args) for args in (("good", good), ("bad", bad)) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.outcome for one in results["good"]} == {SENT}
    assert {one.outcome for one in results["bad"]} == {RETRY}


def test_the_file_a_slack_message_passes_through_is_gone_afterwards(
    hooks: Hooks,
    slack_at: Callable[[Hooks], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert deliver(_only(slack_at(hooks)), an_alert()).outcome is SENT
    assert list(tmp_path.iterdir()) == []


def test_an_untrusted_certificate_of_a_mail_server_is_named() -> None:
    """The TLS handshake of mail is no reply of the server's; it is heard all the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parent.parent / "support" / "site.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shake() -> None:
            connection, _ = server.accept()
            with connection, pytest.raises(OSError):  # noqa: PT011 (the client hangs up)
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        url = f"mailtos://u:p@127.0.0.1:{port}?from=w@example.org&to=a@example.org&mode=ssl"
        result = deliver(_only(url), an_alert())
        thread.join()
    assert result.outcome is RETRY
    assert "certificate verify failed" in result.detail
