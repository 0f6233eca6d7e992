"""Addresses of receivers and passwords are shown nowhere, however wrong the file is."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd import config, log
from watchd.errors import ConfigError

TOKEN = "xoxbSECRET4711token"
SLACK = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"

GOOD = f"""\
database = "postgresql://watchd:{TOKEN}@db.example/watchd"

[[feed]]
name = "a"
url = "https://anna:{TOKEN}@a.example/feed"

[[receiver]]
name = "desk"
url = ["{SLACK}", 'mailtos://anna:{TOKEN}@example.org']

[[route]]
receivers = ["desk"]
"""


def shown(folder, text: str, **environ: str) -> str:
    """All that a user, a log or a traceback could show of loading `text`."""
    path = folder / "config.toml"
    path.write_text(text)
    try:
        read = config.load(path, environ=environ)
    except ConfigError as error:
        return "".join(traceback.format_exception(error)) + repr(error.problems)
    return repr(read) + "\n".join(str(warning) for warning in read.warnings)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        # TOML mistakes on the very line
        GOOD.replace('"]', "]").replace(f'"{SLACK}"', f'"{SLACK}'),
        f"[[receiver]]\nname = 'a'\nurl = “{SLACK}”",
        f"[[receiver]]\nname = 'a'\nurl = {SLACK}",
        f"[[receiver]]\nname = 'a'\nurl = '{SLACK}",
        f"[[receiver]]\nname = 'a'\nurl: '{SLACK}'",
        f"[[receiver]]\nname = 'a'\nurl '{SLACK}'",
        f"[[receiver]]\nname = 'a'\nurl = '{SLACK}' '{SLACK}'",
        f"[[receiver]]\nname = 'a'\nurl = [\n  '{TOKEN}'\n  '{TOKEN}'\n]",
        f"[[receiver]]\nname = 'a'\nurl = '''\n{TOKEN}\n{TOKEN} = 3",
        f"[[receiver]]\nname = 'a'\nurl = \"{TOKEN}\\q\"",
        f"[[receiver]]\nurl = '{SLACK}'\nurl = '{SLACK}'",
        f"receiver = [{{name = 'a', url = '{TOKEN}'}} {{}}]",
        f"{TOKEN}\n{SLACK}\n'{SLACK}'\n[{TOKEN}]\n[['{SLACK}']",
        # wrong keys and values
        f"[[receiver]]\nname = 'a'\nulr = '{SLACK}'",
        f"[[receiver]]\nname = 'a'\ntoken = '{TOKEN}'",
        f"[[receiver]]\nname = '{SLACK}'\nurl = '{TOKEN}'",
        f"[[receiver]]\nname = 'a'\nurl = 5\nurl_env = '{SLACK}'\nurl_file = '{SLACK}'",
        f"[[receiver]]\nname = 'a'\nurl_credential = '{SLACK}'",
        f"[[receiver]]\nname = 'a'\nurl = {{x = '{SLACK}'}}",
        f"receiver = [{{name = 'a b', url = '{TOKEN}'}}]",
        f"receiver = '{SLACK}'",
        f"[[route]]\nreceivers = ['{SLACK}']",
        f"'{SLACK}' = 3",
        f"[fetch]\npassword = '{TOKEN}'",
        f"database = 'mysql://anna:{TOKEN}@db.example/x'",
        f"database = ['postgresql://anna:{TOKEN}@db.example/x']",
        f"[[feed]]\nname = 'a'\nurl = 'htp://anna:{TOKEN}@a.example/feed'",
        f"[[feed]]\nname = 'a'\nurl = 'https://anna:{TOKEN}@127.0.0.1/feed'",
        f"[[feed]]\nname = 'a'\nurl = 'https://anna:{TOKEN}a.example/feed'",  # a lost @
        f"[[feed]]\nname = 'a'\nurl = 'https://a.example:x/feed?key={TOKEN}'",
        f"[[feed]]\nname = 'https://anna:{TOKEN}@a.example'\nurl = 3",
        f"[[feed]]\nname = 'a'\nurl = 'https://a.example'\ntimezone = 'x://{TOKEN}'",
    ],
)
def test_a_secret_is_never_shown(tmp_path, text):
    assert TOKEN in text
    assert TOKEN not in shown(tmp_path, text)


def test_nor_is_one_from_a_file_or_the_environment(tmp_path):
    (tmp_path / "secret").write_text(f"{SLACK}\n")
    (tmp_path / "binary").write_bytes(TOKEN.encode() + b"\xff\xfe")
    text = (
        "[[receiver]]\nname = 'a'\nurl_file = 'secret'\n"
        "[[receiver]]\nname = 'b'\nurl_env = 'SECRET'\n"
    )
    assert TOKEN not in shown(tmp_path, text, SECRET=SLACK)
    text += "[[receiver]]\nname = 'c'\nurl_file = 'binary'\n"
    output = shown(tmp_path, text, SECRET=SLACK)
    assert "not UTF-8" in output
    assert TOKEN not in output


@pytest.mark.parametrize(
    ("text", "line", "secret"),
    [
        (
            "[[receiver]]\nname = 'a'\nurl = 'json://plain.example/way'",
            "to {}",
            "//plain.example/way",
        ),
        (
            "[[receiver]]\nname = 'a'\nurl = 'slack://a/b/Tok3nOfTheDesk'",
            "{} bad",
            "Tok3nOfTheDesk",
        ),
        ("[[receiver]]\nname = 'a'\nurl = 'json://u:open%20sesame@h'", "is {}", "open sesame"),
        ("[[feed]]\nname = 'a'\nurl = 'https://u:abracadabra@h'", "got {}", "abracadabra"),
        ("database = 'postgresql://u:shibboleth@h/d'", "at {}", "shibboleth"),
    ],
)
def test_what_was_read_stays_out_of_the_log(tmp_path, text, line, secret):
    shown(tmp_path, text)
    assert secret not in log.masked(line.format(f"json:{secret}" if "//" in secret else secret))


def test_what_is_no_secret_is_shown(tmp_path):
    output = shown(tmp_path, "[[feed]]\nname = 'a b'\nurl = 'ftp://a.example/feed'\n")
    assert "name = 'a b'" in output
    assert "url = 'ftp://a.example/feed'" in output


def test_an_address_commented_out_behind_another_stays_hidden(tmp_path):
    text = f'[[feed]]\nname = "a"\nurl = "" # https://anna:{TOKEN}@a.example/feed\n'
    assert TOKEN not in shown(tmp_path, text)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_to_the_file_brings_it_out(tmp_path_factory, data):
    at = data.draw(st.integers(0, len(GOOD)))
    cut = data.draw(st.integers(0, 3))
    text = GOOD[:at] + data.draw(st.text("\"'[]{}=.,\n#“” ax", max_size=3)) + GOOD[at + cut :]
    output = shown(tmp_path_factory.getbasetemp(), text)
    assert TOKEN[4:-4] not in output
