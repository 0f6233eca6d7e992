"""A digest of very many alerts, as a mail: no program cuts it off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.send.test_hostile_services import SEEN, hostile
from tests.support.sinks import Inbox
from watchd.model import Digest, HeldFor, OfRule, Outcome
from watchd.send import deliver, endpoints
from watchd.values import replace


@pytest.mark.parametrize(
    ("word", "options"), [("미사일을 발사했다 ", ""), ("a launch was seen ", "&overflow=truncate")]
)
def test_a_mail_is_under_100_kb_as_it_is_sent(word: str, options: str, inbox: Inbox) -> None:
    address = f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org{options}"
    [endpoint] = endpoints("desk", [address])
    alert = hostile(word)
    long = replace(alert, item=replace(alert.item, title=word * 20))
    rules = tuple(
        OfRule(
            rule=f"a/b{number}", title=word, severity="high", count=40, since=SEEN,
            alerts=(long,) * 5,
        )
        for number in range(60)
    )  # fmt: skip
    digest = Digest(
        id=1, at=SEEN + timedelta(hours=1), rules=rules, reasons={HeldFor.STORM: 2400}, feeds=2
    )
    assert deliver(endpoint, digest).outcome is Outcome.SENT
    [mail] = inbox.mails
    assert 20_000 < len(mail.raw) < 100_000
    assert mail.part("html").rstrip().endswith("</html>")
