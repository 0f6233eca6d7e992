"""`watchd notify test`: what people see when a receiver does not take it, and when it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.desk import DeskFolder
from tests.support.sinks import Answer, Hooks, Inbox, Reply
from tests.support.site import Site
from watchd.cli.app import command_line

TOKEN = "-".join(("xoxb", "1234567890", "1234567890", "abcdefghijklmnopqrstuvwx"))


def trial(desk: DeskFolder, *words: str) -> Result:
    app = command_line(["notify"])
    return CliRunner().invoke(app, ["-c", str(desk.config), "notify", "test", *words])


def test_the_newest_hit_is_sent_marked_as_a_test(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    desk.receiver("desk", f"json://{hooks.address}/one")
    assert "no feed said this" in sent(desk, hooks)
    desk.rule("lands", '"alien lands"')
    site.feed("/a.xml", [{"title": "Heroes of the alien lands", "link": "https://e.org/1"}])
    desk.feed("wire", site.url("/a.xml"))
    desk.once()
    told = sent(desk, hooks)
    assert "TEST: this is a trial message with an earlier hit" in told
    assert "Heroes of the alien lands" in told
    assert len(desk.hits()) == 1
    assert desk.deliveries() == []


def sent(desk: DeskFolder, hooks: Hooks) -> str:
    result = trial(desk, "desk")
    assert result.exit_code == 0, result.output
    assert f"sent     desk/json:{hooks.address}" in result.output
    return str(hooks.received[-1].json()["message"])


@pytest.mark.parametrize(
    ("answer", "words", "advice"),
    [
        (Answer(status=404, body="no_service"), "404 Not Found: no_service", "make a new one"),
        (Answer(status=404, body=""), "404 Not Found", "make a new webhook"),
        (Answer(status=400, body="invalid_blocks"), "400 Bad Request: invalid_blocks", ""),
        (Answer(status=403, body="invalid_token"), "403 Forbidden: invalid_token", "removed"),
    ],
)
def test_what_a_slack_webhook_says_is_printed(
    desk: DeskFolder,
    hooks: Hooks,
    slack_at: Callable[[Hooks], str],
    answer: Answer,
    words: str,
    advice: str,
) -> None:
    hooks.always(answer)
    address = slack_at(hooks)
    desk.receiver("desk", f"{address}/#intel")
    result = trial(desk)
    refused(result, words, advice)
    for secret in address.partition("://")[2].split("/"):
        assert secret not in result.output


def test_what_a_slack_app_says_is_printed(
    desk: DeskFolder, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "api_url", f"http://{hooks.address}/api/{{}}")
    hooks.always(Answer(body=json.dumps({"ok": False, "error": "not_in_channel"})))
    desk.receiver("desk", f"slack://{TOKEN}/#intel")
    result = trial(desk)
    refused(result, "not_in_channel", "/invite")
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("reply", "words", "advice"),
    [
        (Reply(at="auth", code=535, words="5.7.8 bad credentials"), "535 5.7.8 bad", "password"),
        (Reply(at="rcpt", code=550, words="5.1.1 no such user"), "550 5.1.1 no such", "recipient"),
    ],
)
def test_what_a_mail_server_says_is_printed(
    desk: DeskFolder, inbox: Inbox, reply: Reply, words: str, advice: str
) -> None:
    inbox.answer(reply)
    server = f"user:hunter22@{inbox.address}"
    desk.receiver("desk", f"mailto://{server}?from=a@e.org&to=b@e.org&mode=insecure")
    result = trial(desk)
    refused(result, words, advice)
    assert "hunter22" not in result.output


def test_that_nobody_is_there_is_said(desk: DeskFolder) -> None:
    with Hooks() as hooks:
        address = hooks.address
    desk.receiver("desk", f"json://{address}/s3cret-path")
    result = trial(desk)
    refused(result, "could not connect", "host, port and firewall")
    assert "s3cret-path" not in result.output


def refused(result: Any, words: str, advice: str) -> None:
    assert result.exit_code == 1
    assert words in result.output
    assert advice in result.output
