"""Addresses hold secrets. None of them shows: not in a result, a name, an error or a log."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from tests.support.alerts import an_alert
from tests.support.sinks import Answer, Hooks, Inbox, Reply
from watchd import log
from watchd.send import deliver, endpoints

SECRETS = ["Pa55phrase", "path-token-8c1", "q-token-77", "head-token-42", "T1JJ3T3L2", "A1BRTD4JD"]
SECRETS += ["TIiajkdnlazkcOXrIdevi7FQ", "p%40ss/w", "p@ss/w"]
SECRETS += [base64.b64encode(b"bot:Pa55phrase").decode()]


def _urls(hooks: Hooks, slack: str) -> list[str]:
    return [
        f"{slack}/#intel",
        f"json://bot:Pa55phrase@{hooks.address}/hook/path-token-8c1?-key=q-token-77&+X-Auth=head-token-42",
        f"json://bot:p%40ss%2Fw@{hooks.address}/path-token-8c1",
    ]


@pytest.mark.parametrize("status", [400, 404, 429, 500])
def test_a_receiver_that_repeats_what_it_was_sent_gives_nothing_away(
    hooks: Hooks,
    slack_at: Callable[[Hooks], str],
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    log.set_up(verbosity=1)
    echo = json.dumps(["you called", *SECRETS, f"/services/{SECRETS[4]}/{SECRETS[5]}", "goodbye"])
    hooks.always(Answer(status=status, body=echo))
    found = endpoints("desk", _urls(hooks, slack_at(hooks)))
    shown = [repr(found)]
    for endpoint in found:
        result = deliver(endpoint, an_alert())
        assert "you called" in result.detail
        log.Log().warning("delivery.failed", to=endpoint.name, said=result.detail)
        own = [secret for secret in SECRETS if secret in endpoint.url]
        assert own
        assert [secret for secret in own if secret in result.detail] == []
    shown.append(capsys.readouterr().err)
    assert "delivery.failed" in shown[1]
    for secret in ("Pa55phrase", "TIiajkdnlazkcOXrIdevi7FQ"):
        assert secret not in "".join(shown)


def test_the_login_of_a_webhook_is_hidden_in_every_form(hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"json://bot:Pa55phrase@{hooks.address}/"])
    login = base64.b64encode(b"bot:Pa55phrase").decode()
    hooks.always(Answer(status=401, body=f"Authorization: Basic {login} is not good"))
    assert deliver(endpoint, an_alert()).detail.endswith(": Authorization: Basic *** is not good")


def test_a_secret_at_the_end_of_a_long_answer_is_not_half_shown(hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"json://{hooks.address}/path-token-8c1"])
    for padding in range(240, 300):
        hooks.answer(Answer(status=500, body="x" * padding + "path-token-8c1"))
        assert "path" not in deliver(endpoint, an_alert()).detail


def test_a_mail_server_that_repeats_the_password(inbox: Inbox) -> None:
    url = f"mailto://bot:Pa55phrase@{inbox.address}?from=w@example.org&to=anna@example.org"
    [endpoint] = endpoints("desk", [url])
    inbox.answer(Reply(at="auth", code=535, words="bot Pa55phrase is wrong"))
    detail = deliver(endpoint, an_alert()).detail
    assert detail.startswith("535 ")
    assert "Pa55phrase" not in detail


def test_broken_connections_do_not_name_the_address(hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"json://{hooks.address}/path-token-8c1?rto=0.2"])
    for answer in (Answer(cut="silent"), Answer(cut="half"), Answer(late=True)):
        hooks.answer(answer)
        detail = deliver(endpoint, an_alert()).detail
        assert "path-token" not in detail
        assert str(hooks.port) not in detail
