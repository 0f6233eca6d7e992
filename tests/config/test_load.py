"""A config is read whole, and everything wrong with it is said at once, each at its place."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from watchd import config
from watchd.errors import EXIT_CONFIG, ConfigError
from watchd.model import Feed, Page, Route

FULL = """\
database = "data/watch.db"
rules = "my-rules"
contact = "desk@example.org"

[defaults]
interval = "30m"

[fetch]
concurrency = 4
per_host = 2
timeout = "1m30s"
max_bytes = "500kB"

[notify]
give_up_after = "2d"

[[feed]]
name = "yonhap"
url = "https://en.yna.co.kr/RSS/news.xml"
publisher = "Yonhap"
lang = "EN"
interval = "1h30m"
tags = ["korea", "wire"]
encoding = "euc-kr"
timezone = "Asia/Seoul"

[[feed]]
name = "local"
url = "http://127.0.0.1:8000/feed.xml"
private = true
tags = "test"

[[receiver]]
name = "desk"
url = ["json://127.0.0.1:8700/a", "json://127.0.0.1:8700/b"]

[[receiver]]
name = "night"
url_env = "NIGHT"

[[route]]
receivers = "desk"
rules = ["dprk/*"]

[[route]]
receivers = ["desk", "night"]
tags = ["nuclear"]
severity = ["high", "critical"]
"""

FEED = '[[feed]]\nname = "a"\nurl = "https://a.example/feed"\n'
PAGE = FEED + 'type = "page"\n[feed.page]\n'
NOBODY = "[[receiver]]\nname = 'a'\n"
DESK = '[[receiver]]\nname = "desk"\nurl = "json://127.0.0.1/x"\n'
WORDS, TO = "[[words]]\n", "receivers = 'desk'\n"


def load(folder: Path, text: str, **environ: str) -> config.Config:
    path = folder / "config.toml"
    path.write_text(text)
    return config.load(path, environ=environ)


def mistakes(folder: Path, text: str, **environ: str) -> list[str]:
    """Each problem as "line:col code message | hint"."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environ)
    assert caught.value.exit_code == EXIT_CONFIG
    return [
        f"{one.line}:{one.col} {one.code} {one.message} | {one.hint}"
        for one in caught.value.problems
    ]


def test_everything_that_is_written_arrives(tmp_path):
    (tmp_path / "my-rules").mkdir()
    read = load(tmp_path, FULL, NIGHT="json://127.0.0.1/n")
    assert read.database_url == f"sqlite:///{tmp_path}/data/watch.db"
    assert read.rules_dir == tmp_path / "my-rules"
    assert read.feeds == (
        Feed(
            name="yonhap",
            url="https://en.yna.co.kr/RSS/news.xml",
            publisher="Yonhap",
            lang="en",
            interval=timedelta(minutes=90),
            tags=("korea", "wire"),
            encoding="euc-kr",
            timezone="Asia/Seoul",
        ),
        Feed(
            name="local",
            url="http://127.0.0.1:8000/feed.xml",
            publisher="local",
            interval=timedelta(minutes=30),
            tags=("test",),
            private=True,
        ),
    )
    assert [one.urls for one in read.receivers] == [
        ("json://127.0.0.1:8700/a", "json://127.0.0.1:8700/b"),
        ("json://127.0.0.1/n",),
    ]
    assert read.routes == (
        Route(receivers=("desk",), rules=("dprk/*",)),
        Route(receivers=("desk", "night"), tags=("nuclear",), severity=("high", "critical")),
    )
    assert (read.fetch.concurrency, read.fetch.per_host) == (4, 2)
    assert read.fetch.limits.max_bytes == 500_000
    assert read.fetch.limits.deadline == timedelta(seconds=90)
    assert read.fetch.user_agent.endswith("(+desk@example.org)")
    assert read.notify.give_up_after == timedelta(hours=48)
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("lines", "page"),
    [
        ("", None),
        ('type = "sitemap"', None),
        ('type = "page"', Page()),
        ('type = "page"\n[feed.page]\ntext = "main"', Page(text="main")),
        (
            'type = "page"\n[feed.page]\nlist = "ul.news > li"\ntitle = "h3 a"\n'
            'link = "a:not(.x)"\ndate = ".day"\ntext = "p"',
            Page(list="ul.news > li", title="h3 a", link="a:not(.x)", date=".day", text="p"),
        ),
    ],
)
def test_a_page_has_its_selectors(tmp_path, lines, page):
    (feed,) = load(tmp_path, FEED + lines).feeds
    assert feed.page == page


def test_what_is_left_out_has_a_sensible_value(tmp_path):
    read = load(tmp_path, "")
    assert read.database_url == f"sqlite:///{tmp_path}/watchd.db"
    assert read.rules_dir == tmp_path / "rules"
    assert (read.feeds, read.receivers, read.routes) == ((), (), ())
    assert [one.code for one in read.warnings] == ["C120", "C123", "C124"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # keys
        ('databse = "x"', "1:1 C101 `databse` is not known at the top of the file; did you mean `"),
        ("[fetch]\nconcurency = 4", "2:1 C101 `concurency` is not known in [fetch]; did you mean"),
        ('[fetch]\ndatabase = "x"', "2:1 C101 `database` belongs at the top of the file, before"),
        ("concurrency = 4", "1:1 C101 `concurrency` is not known at the top of the file; it belon"),
        ("[[feeds]]", "1:3 C101 `feeds` is not known at the top of the file; did you mean [[feed]"),
        (FEED + 'colour = "red"', "4:1 C101 `colour` is not known in [[feed]]; known are name, ur"),
        (FEED + "\n[[feed]]\nname = 'b'", "5:3 C102 this [[feed]] has no `url`"),
        (DESK + "[[route]]\nrules = ['a']", "4:3 C102 this [[route]] has no `receivers`"),
        # kinds
        ("rules = 5", "1:9 C103 `rules` is a text in quotes"),
        ("[fetch]\nconcurrency = '4'", "2:16 C103 `concurrency` is a whole number, without quotes"),
        (FEED + "private = 'yes'", "4:12 C103 `private` is true or false, without quotes"),
        (FEED + "tags = 5", "4:8 C103 `tags` is a list of texts"),
        (FEED + "tags = ['a', 5]", "4:14 C103 `tags` is a text in quotes"),
        ("[feed]\nname = 'a'", "1:2 C103 `feed` is a section: write [[feed]] on a line of its own"),
        ("[[fetch]]\nper_host = 1", "1:3 C103 `fetch` is a section: write [fetch] on a line of "),
        ("fetch = 3", "1:1 C103 `fetch` is a section: write [fetch]"),
        ("feed = ['https://a.example']", "1:1 C103 `feed` is a section: write [[feed]]"),
        ("[fetch]\nper_host = 0", "2:12 C104 `per_host` is at least 1"),
        ("[fetch]\nconcurrency = 1000", "2:15 C104 `concurrency` is at most 256"),
        ("database = ''", "1:13 C104 `database` is empty"),
        # durations and sizes
        (FEED + "interval = 15", '4:12 C105 a duration is written as "90s", "15m"'),
        (FEED + "interval = 15", '| interval = "15s" or "15m"'),
        (FEED + "interval = '2 days'", '| interval = "2d"'),
        (FEED + "interval = '0s'", "4:13 C105 a duration is at least one second"),
        (FEED + "interval = 'often'", "4:13 C105 a duration is written as"),
        ("[fetch]\nmax_bytes = 'big'", "2:14 C106 a size is written as"),
        ("[fetch]\nmax_bytes = 3", "2:13 C106 a size is at least 1KiB"),
        # names
        ("[[feed]]\nname = 'KCNA Watch'\nurl = 'https://a.example'", "2:9 C107 a name has letters"),
        ("[[feed]]\nname = 'KCNA Watch'\nurl = 'https://a.example'", '| name = "kcna-watch"'),
        (FEED + "tags = ['a b']", "4:10 C107 a tag is one word"),
        (FEED + FEED, "5:9 C108 there is a feed 'a' already, on line 2"),
        (DESK + DESK.replace("desk", "Desk"), "5:9 C108 there is a receiver 'Desk' already, on li"),
        # feeds
        (FEED.replace("https://", "htp://"), "3:8 C109 the address of a feed begins with https://"),
        (FEED.replace("https://", "htp://"), '| url = "https://a.example/feed"'),
        (FEED.replace("https://", ""), '| url = "https://a.example/feed"'),
        (FEED.replace("https://a.example", "file://"), "3:8 C109"),
        (FEED.replace("a.example", ""), "3:8 C109 this address names no host"),
        (FEED.replace("a.example", "a.example:port"), "3:8 C109 this is not an address"),
        (FEED.replace("a.example", "[::1"), "3:8 C109 this is not an address"),
        (FEED.replace('feed"', 'my feed"'), "3:8 C109 the address of a feed has no spaces"),
        (FEED.replace("a.example", "127.0.0.1:80"), "3:8 C110 this is an address within a private"),
        (FEED.replace("a.example", "[::ffff:10.0.0.1]"), "| private = true"),
        (FEED.replace("a.example", "169.254.169.254"), "3:8 C110"),
        (FEED.replace("a.example", "localhost"), "3:8 C110"),
        (FEED + "lang = 'kr'", "4:9 C111 'kr' is not a language code; did you mean ko?"),
        (FEED + "lang = 'kr'", '| lang = "ko"'),
        (FEED + "lang = 'Klingon'", "4:9 C111 'Klingon' is not a language code"),
        (FEED + "timezone = 'Asia/Seul'", "4:13 C112 unknown time zone 'Asia/Seul'"),
        (FEED + "timezone = 'Asia/Seul'", '| timezone = "Asia/Seoul"'),
        (FEED + "timezone = 'seoul'", '| timezone = "Asia/Seoul"'),
        (FEED + "timezone = '../../etc/passwd'", "4:13 C112 unknown time zone"),
        (FEED + "encoding = 'euckrr'", "4:13 C113 unknown encoding 'euckrr'"),
        (FEED + "encoding = 'base64'", "4:13 C113 unknown encoding"),
        # pages
        (FEED + "type = 'pgae'", "4:9 C127 unknown type 'pgae'; use feed, page or sitemap | type"),
        (FEED + "type = 'rss'", '| type = "feed"'),
        (FEED + "type = 5", "4:8 C127 unknown type '5'"),
        (FEED + "identity = 'link'", "4:13 C128 unknown identity 'link'; use auto, guid, url or"),
        (FEED + "identity = 'link'", '| identity = "url"'),
        (PAGE + "list = 'ul.news['", "6:9 C126 'ul.news[' is not a CSS selector"),
        (
            PAGE + "list = '//ul/li'",
            "6:9 C126 '//ul/li' is not a CSS selector, but looks like an XP",
        ),
        (
            PAGE + "list = 'li'\ndate = 'b::text'",
            "7:9 C126 'b::text' is not a CSS selector that we",
        ),
        (PAGE + "list = 'li'\ndate = 'b::text'", '| date = "b"'),
        (PAGE + "list = ' '", "6:9 C104 nothing is given here"),
        (PAGE + "list = 5", "6:8 C103 `list` is a text in quotes"),
        (PAGE + "lsit = 'li'", "6:1 C101 `lsit` is not known in [feed.page]; did you mean `list`?"),
        (PAGE + "date = '.day'", "6:1 C129 `date` is looked for in each element that `list` finds"),
        (
            FEED + "list = 'li'",
            "4:1 C101 `list` is not known in [[feed]]; it belongs in [feed.page]",
        ),
        (
            FEED + "page = 'li'",
            "4:1 C103 `page` is a section: write [feed.page] on a line of its own",
        ),
        (
            FEED + "[feed.page]\nlist = 'li'",
            'C129 [feed.page] is for a feed of type = "page"; this',
        ),
        (FEED + "[feed.page]\nlist = 'li'", '| type = "page"'),
        # receivers
        (NOBODY, "1:3 C114 this receiver has no address: give one of url, url"),
        (DESK + "url_env = 'X'", "4:1 C114 a receiver has one source of addresses, not both url a"),
        (NOBODY + "url = ''", "3:8 C104 nothing is given here"),
        (NOBODY + "url = []", "3:7 C104 nothing is given here"),
        (NOBODY + "url_env = 'NO'", "3:12 C115 the environment variable NO is not"),
        (NOBODY + "url_env = 'E'", "3:12 C115 the environment variable E is empty"),
        (NOBODY + "url_file = 'no/such'", "3:13 C115 there is no file no/such;"),
        (NOBODY + "url_file = '.'", "3:13 C115 the file . cannot be read: is a dir"),
        (NOBODY + "url_file = 'config.toml'\n[[receiver]]\nname = 'b'", "4:3 C114"),
        (NOBODY + "url_credential = 'x'", "3:19 C115 there is no credential x: sys"),
        (NOBODY + "url_credential = '../x'", "3:19 C114 `url_credential` is the na"),
        (NOBODY + "url_env = 'json://a'", "3:12 C114 `url_env` tells where"),
        # routes
        (DESK + "[[route]]\nreceivers = ['dsek']", "5:15 C117 there is no receiver 'dsek'; did yo"),
        (DESK + "[[route]]\nreceivers = 'x'", "5:14 C117 there is no receiver 'x'"),
        (DESK + WORDS + "receivers = 'dsek'", "5:14 C117 there is no receiver 'dsek'; did you"),
        (DESK + WORDS + TO + "mode = 'now'", "6:9 C136 a report on words comes once a week,"),
        (DESK + WORDS + TO + "ignore = 'no'", "6:11 C137 the file 'no' of terms: no such"),
        (DESK + (WORDS + TO) * 2, "6:3 C108 there is a report 'words' already, on line"),
        (DESK + "[[route]]\nreceivers = []", "5:13 C104 nothing is given here"),
        (DESK + "[[route]]\nreceivers = 'desk'\nseverity = ['hihg']", "6:14 C118 unknown level 'h"),
        (FEED + "identity = 'title'", "4:13 C128 unknown identity 'title'; use auto, guid"),
        (FEED + "rate_scope = 'all'", '4:15 C103 `rate_scope` is one of "feed", "host" or "d'),
        # the database, and what goes into requests
        ("database = 'mysql://u@h/d'", "1:13 C119 `database` is a file name, or an address"),
        ("database = 'a?b'", "1:13 C119"),
        ('contact = "a\\nb"', "1:12 C125 this goes into a web request"),
        # TOML itself
        ("rules = “x”", '1:9 T100 curly quotation marks; use straight ones here | rules = "x"'),
        (FEED + "interval = 30m", "4:12 T101 a value with a unit is a text: put it in quotes | in"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path, text, told):
    found = mistakes(tmp_path, text, E="  ")
    assert any(told in one for one in found), found


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path):
    text = (
        "interval = '1h'\n"  # belongs in [defaults]
        "[fetch]\ntimeout = 3\n"
        "[[feed]]\nname = 'a b'\nurl = 'ftp://x'\nlang = 'kr'\n"
        "[[feed]]\nname = 'c'\nurl = 'http://10.0.0.1/'\n"
        "[[feed]]\nname = 'c'\nulr = 'https://x.example'\n"
        "[[receiver]]\nname = 'desk'\nurl_file = 'nothing'\n"
        "[[route]]\nreceivers = ['desc']\nseverity = 'severe'\n"
    )
    codes = [
        one.split()[0].split(":")[0] + " " + one.split()[1] for one in mistakes(tmp_path, text)
    ]
    assert codes == [
        "1 C101", "3 C105", "5 C107", "6 C109", "7 C111", "10 C110", "11 C102", "12 C108",
        "13 C101", "16 C115", "18 C117", "19 C118",
    ]  # fmt: skip


def test_a_problem_is_shown_with_its_line_and_a_caret(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(FEED + 'lang = "kr"\n')
    with pytest.raises(ConfigError) as caught:
        config.load(path, environ={})
    assert str(caught.value) == (
        f"{path}:4:9: error[C111]: 'kr' is not a language code; did you mean ko?\n"
        '  | lang = "kr"\n'
        "  |         ^^\n"
        '  = hint: lang = "ko"'
    )


TWO = "[[receiver]]\nname='a'\nurl='json://{}'\n[[receiver]]\nname='b'\nurl='json://{}'\n"
APART = "[[route]]\nreceivers = ['a']\n[[route]]\nreceivers = ['b']\n"


@pytest.mark.parametrize(
    "text",
    [
        TWO.format("a.example/1", "a.example/2"),
        TWO.format("a.example/1", "a.example/1") + APART,
        TWO.format("a.example/1", "a.example/1").replace("'b'", "'ops'"),
    ],
)
def test_one_address_in_two_receivers_is_well_where_they_get_different_hits(tmp_path, text):
    assert "C138" not in [one.code for one in load(tmp_path, text).warnings]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FEED + "interval = '1m'", "4:13 C121"),
        ("[defaults]\ninterval = '10s'", "2:13 C121"),
        ("[fetch]\nmin_interval = '1s'\n[defaults]\ninterval = '2s'", "2:17 C121"),
        (FEED + FEED.replace('"a"', '"b"'), "6:8 C122"),
        (TWO.format("a.example/1", "a.example/1"), "6:1 C138"),
        ("[[receiver]]\nname = 'a'\nurl = ['json://a.example', 'json://a.example']", "3:1 C138"),
    ],
)
def test_what_is_allowed_but_doubtful_is_a_warning(tmp_path, text, told):
    read = load(tmp_path, text)
    found = [f"{one.line}:{one.col} {one.code}" for one in read.warnings]
    assert told in found
    assert found.count(told) == 1
    assert all(one.level == "warning" for one in read.warnings)


def test_a_service_is_handed_the_files_it_may_not_read(tmp_path):
    """systemd's `LoadCredential=secrets:/etc/watchd/secrets` makes one secrets_slack."""
    handed = tmp_path / "handed"
    handed.mkdir()
    (handed / "secrets_slack").write_text("json://a.example/1\n")
    receiver = "[[receiver]]\nname = 'a'\nurl_file = 'secrets/{}'\n"
    read = load(tmp_path, receiver.format("slack"), CREDENTIALS_DIRECTORY=str(handed))
    assert read.receivers[0].urls == ("json://a.example/1",)
    with pytest.raises(ConfigError, match=r"there is no file secrets/new; .* at its next start"):
        load(tmp_path, receiver.format("new"), CREDENTIALS_DIRECTORY=str(handed))


def test_a_process_that_is_shown_no_credentials_says_so(tmp_path, monkeypatch):
    handed = tmp_path / "handed"
    handed.mkdir()

    def refuse(path):  # root may look into any folder
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refuse)
    for source in ("url_file = 'secrets/slack'", "url_credential = 'slack'"):
        with pytest.raises(ConfigError, match=r"C160.*to the daemon alone"):
            load(
                tmp_path,
                f"[[receiver]]\nname = 'a'\n{source}\n",
                CREDENTIALS_DIRECTORY=str(handed),
            )


def test_addresses_come_from_a_file_the_environment_or_a_credential(tmp_path):
    (tmp_path / "slack").write_text("# the desk\n\n  json://a.example/1 \njson://a.example/2\n")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials/mail").write_text("\ufeffjson://b.example\r\n")
    read = load(
        tmp_path,
        "[[receiver]]\nname = 'f'\nurl_file = 'slack'\n"
        "[[receiver]]\nname = 'e'\nurl_env = 'ADDRESSES'\n"
        "[[receiver]]\nname = 'c'\nurl_credential = 'mail'\n",
        ADDRESSES="json://c.example\n# json://d.example\n",
        CREDENTIALS_DIRECTORY=str(tmp_path / "credentials"),
    )
    assert [one.urls for one in read.receivers] == [
        ("json://a.example/1", "json://a.example/2"),
        ("json://c.example",),
        ("json://b.example",),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path):
    (tmp_path / "slack").write_text("json://a.example")
    (tmp_path / "slack").chmod(0)
    (told,) = mistakes(tmp_path, "[[receiver]]\nname = 'f'\nurl_file = 'slack'")
    assert "C115 the file slack cannot be read: permission denied" in told


def test_trouble_with_an_address_is_told_where_the_file_gives_it(tmp_path):
    read = load(tmp_path, DESK + '[[receiver]]\nname = "b"\nurl = "foo://secret"\n')
    problem = config.receiver_problem(read, "b", "there is no service 'foo'")
    assert str(problem) == (
        f"{tmp_path}/config.toml:6:8: error[C116]: receiver 'b': there is no service 'foo'"
    )


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("watch.db", "sqlite:///{}/watch.db"),
        ("/var/lib/watchd/w.db", "sqlite:////var/lib/watchd/w.db"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_the_database_is_a_file_beside_the_config_or_an_address(tmp_path, value, url):
    assert load(tmp_path, f"database = '{value}'").database_url == url.format(tmp_path)


def test_paths_start_from_the_folder_of_the_config_not_from_here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "config.toml").write_text("")
    monkeypatch.chdir(tmp_path / "here")
    read = config.load(Path("../config.toml"), environ={})
    assert read.rules_dir.resolve() == tmp_path / "rules"


# --- which file


def test_the_config_is_looked_for_in_order(tmp_path):
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "mine.toml").write_text("")
    mine = tmp_path / "mine.toml"
    environ = {"WATCHD_CONFIG": str(mine)}
    assert config.find(tmp_path / "config.toml", environ, tmp_path) == tmp_path / "config.toml"
    assert config.find(None, environ, tmp_path) == mine
    assert config.find(None, {}, tmp_path) == tmp_path / "config.toml"


@pytest.mark.parametrize(
    ("explicit", "environ", "words"),
    [
        ("no.toml", {}, ["no.toml", "is not there"]),
        (".", {}, ["is a folder"]),
        (None, {"WATCHD_CONFIG": "no.toml"}, ["WATCHD_CONFIG", "no.toml", "is not there"]),
        (None, {}, ["/etc/watchd/config.toml", "watchd init"]),
    ],
)
def test_no_config_is_told_with_where_it_was_looked_for(tmp_path, explicit, environ, words):
    if explicit is None and not environ and Path("/etc/watchd/config.toml").exists():
        pytest.skip("this machine has a config of its own")
    with pytest.raises(ConfigError) as caught:
        config.find(Path(explicit) if explicit else None, environ, tmp_path)
    assert caught.value.exit_code == EXIT_CONFIG
    assert all(word in str(caught.value) for word in words)


def test_a_file_that_is_gone_or_in_another_encoding_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"C100.*no such file"):
        config.load(tmp_path / "gone.toml", environ={})
    (tmp_path / "old.toml").write_bytes('contact = "отдел новостей"'.encode("cp1251"))
    with pytest.raises(ConfigError, match="windows-1251"):
        config.load(tmp_path / "old.toml", environ={})
