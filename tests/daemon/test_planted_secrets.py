"""Secrets of every kind, trouble of every kind, DEBUG: nothing that was written holds one."""

from __future__ import annotations

import base64
import signal
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.daemon.test_answering import ask, free_port
from tests.support.desk import DeskFolder
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks, Inbox
from tests.support.sinks import Reply as MailReply
from tests.support.site import Answer, Site, rss

SECRETS = {
    "the password of a feed": "F33dPa55/word+1",
    "the key in a feed's address": "F33dQueryK3y42",
    "the key in a redirect's aim": "R3directQueryK3y7",
    "the path of a webhook": "W3bhookPathT0ken9",
    "the password of a webhook": "W3bhookPa55word1",
    "a header of a webhook": "H3aderT0ken4711",
    "the password of a mailbox": "Ma1lPa55word77",
    "a token of Slack": "TIiajkdnlazkcOXrIdevi7FQ",
    "the heartbeat": "3f1e0c52-9d1b-4c55-8a7e-0b6a1d2c3e4f",
    "a receiver that a mistake is in": "M1stakenT0ken0815",
    "what a variable holds": "Env1ronmentT0ken3",
}
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}


def forms(secret: str) -> set[bytes]:
    """What a secret may look like: as it is, in an address, in a login."""
    logins = {base64.b64encode(f"{user}:{secret}".encode()) for user in ("bot", "anna")}
    return {secret.encode(), quote(secret, safe="").encode(), *logins}


def found_in(folder: Path, spared: set[str]) -> list[str]:
    """Every file beneath a folder that holds a secret; where they were planted is spared."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in spared:
            data = path.read_bytes()
            found += [
                f"{path.name}: {what}"
                for what, secret in SECRETS.items()
                if any(form in data for form in forms(secret))
            ]
    return found


@pytest.mark.slow
def test_no_planted_secret_is_in_anything_that_was_written(
    desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    said.mkdir()
    port, here = free_port(), site.url("/")[len("http://") :].rstrip("/")
    of = dict(zip(("login", "query", "aim", "path", "word", "header", "mail", "slack", "beat",
                   "slip", "env"), SECRETS.values(), strict=True))  # fmt: skip
    login = f"http://anna:{quote(of['login'], safe='')}@{here}"

    def echo(*names: str) -> str:  # of what it was sent, as chatty servers do
        return f"you sent {' '.join(of[name] for name in names)}, and that is wrong"

    of_feeds = echo("login", "query", "aim")

    def items(number: int) -> bytes:
        fresh = [
            {"title": f"News {n}", "text": "In alien lands.", "guid": f"n{n}"}
            for n in range(number)
        ]
        return rss([*fresh, OLD])

    def serve(name: str, answer: Answer) -> None:
        site.answer(f"/{name}?key={of['query']}", answer)

    desk.lines[2:2] = [
        'heartbeat_url_env = "BEAT"', 'heartbeat_every = "1s"', "[fetch]", 'timeout = "1s"',
        'min_interval = "1s"', "[serve]", f'listen = "127.0.0.1:{port}"',
    ]  # fmt: skip
    paths = ("good", "refused", "cut", "slow", "moved", "html", "broken", "login")
    for name in paths:
        serve(name, Answer(body=items(0)))
        desk.feed(name, f"{login}/{name}?key={of['query']}", interval="1s")
    desk.feed(
        "nowhere", f"http://anna:{quote(of['login'], safe='')}@127.0.0.1:1/x?key={of['query']}"
    )
    desk.receiver(
        "hook",
        f"json://bot:{of['word']}@{hooks.address}/{of['path']}?+X-Token={of['header']}",
    )
    desk.receiver(
        "mail", f"mailto://anna:{of['mail']}@{inbox.address}?from=w@example.org&to=b@example.org"
    )
    desk.receiver("slack", f"slack://T1JJ3T3L2/A1BRTD4JD/{of['slack']}/#desk")
    desk.receiver("gone", f"json://bot:{of['word']}@127.0.0.1:1/{of['path']}")
    desk.lines += ["[[receiver]]", 'name = "ops"', 'url_env = "OPS_URL"']
    desk.rule("alien-lands", '"alien lands"')
    environ = {
        "BEAT": f"http://{hooks.address}/{of['beat']}",
        "OPS_URL": f"json://{hooks.address}/{of['env']}",
        "https_proxy": "http://127.0.0.1:1",  # Slack is not to be asked
    }
    desk.write()
    with desk.running("-v", **environ) as daemon:
        daemon.says("feed.baseline", times=len(paths))
        hooks.always(Reply(status=500, body=echo("beat", "env", "word", "mail")))
        hooks.always(Reply(status=403, body=echo("path", "word", "header")), path=f"/{of['path']}")
        inbox.answer(
            MailReply(at="auth", code=535, words=echo("mail")),
            MailReply(at="end", code=554, words=echo("mail")),
        )
        words = [("X-Said", of_feeds), ("WWW-Authenticate", of_feeds)]
        serve("good", Answer(body=items(2)))
        serve("refused", Answer(status=403, body=of_feeds.encode(), headers=words))
        serve("cut", Answer(body=items(3), cut=40))
        serve("slow", Answer(body=items(1), hang=True))
        aim = f"http://anna:{quote(of['login'], safe='')}@127.0.0.1:1/there?key={of['aim']}"
        serve("moved", Answer.redirect(aim, 301))
        serve("html", Answer(body=f"<!doctype html><p>{of_feeds}".encode()))
        serve("broken", Answer(body=b"<rss><channel><item><title>"))
        serve("login", Answer(status=401, headers=words))
        for word in ("delivery.pending", "feed.failed", "heartbeat.missed"):
            daemon.says(word)
        daemon.says("delivery.pending", times=5)
        good = desk.config.read_text()
        desk.config.write_text(
            good + f'[[receiver]]\nname = "slip"\nurl = "jsn://{of["slip"]}\n',
        )
        daemon.signal(signal.SIGHUP)
        daemon.says("config.kept")
        for name, words in {
            "status": ["status"], "status.json": ["status", "--json"], "feeds": ["feeds", "list"],
            "outbox": ["outbox", "list", "--all"], "outbox.json": ["outbox", "list", "--json"],
            "check": ["check"], "export": ["feeds", "export"],
        }.items():  # fmt: skip
            if name != "check":
                desk.config.write_text(good)
            ended = desk.watchd("-v", *words, **environ)
            (said / name).write_text(ended.stdout + ended.stderr)
        desk.config.write_text(good.replace('"alien', "") + f'slip = "{of["slip"]}"\n')
        slip = desk.watchd("check", **environ)
        (said / "check2").write_text(slip.stdout + slip.stderr)
        desk.config.write_text(good)
        daemon.signal(signal.SIGHUP)
        daemon.says("config.reloaded")
        for name in ("healthz", "readyz", "metrics"):
            (said / name).write_bytes(ask(port, f"/{name}").read())
        status = Path(f"/proc/{daemon.process.pid}/cmdline")
        (said / "processes").write_bytes(status.read_bytes())
        while_running = found_in(desk.path, {"config.toml"})
    (said / "hits").write_text(desk.watchd("hits", "--json", **environ).stdout)
    desk.watchd("db", "backup", str(said / "copy.db"), **environ)
    assert (said / "copy.db").is_file()
    assert while_running == []
    assert found_in(desk.path, {"config.toml"}) == []
