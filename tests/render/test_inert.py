from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchd.render.inert import cut, header, inert, link


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("<!channel>", "‹!channel›"),
        ("<@U1>", "‹＠U1›"),
        ("</mark><script>", "‹/mark›‹script›"),
        ("@everyone", "＠everyone"),
        ("(@here)", "(＠here)"),
        ("x@everyone", "x＠everyone"),
        ("write to anna@example.org", "write to anna@example.org"),
        ("a lone @", "a lone ＠"),
        ("{{app_body}}", "{ {app_body} }"),
        ("{{{{x", "{ { { {x"),
        ("one {brace}", "one {brace}"),
        ("x@room.org", "x＠room.org"),
        ("[go](javascript:x)", "[go] (javascript:x)"),
        ("[go][r] and [r]: https://e.org", "[go] [r] and [r] : https://e.org"),
        ("tg://user?id=1 and HTTPS://e.org", "tg: //user?id=1 and HTTPS://e.org"),
        ("## Large letters", "＃# Large letters"),
        ("#tag", "#tag"),
        ("one\r\nBcc: two", "one Bcc: two"),
        ("a\x00b\x1b[31mc\x85d\u2028e", "a b [31mc d e"),
        ("\u202egpj.exe", "gpj.exe"),
        ("zero\u200bwid\u2060th\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\U000e0041\U000e0042tags", "tags"),
        ("half \ud83d pair", "half � pair"),
        ("조선중앙통신 «Звезда» 平壤", "조선중앙통신 «Звезда» 平壤"),
    ],
)
def test_feed_text_is_made_harmless(text: str, shown: str) -> None:
    assert inert(text) == shown


@given(st.text())
def test_no_text_gets_through_alive(text: str) -> None:
    shown = inert(text)
    assert not set(shown) & set("<>\r\n\x00\u202e\u200b\u2066")
    assert "{{" not in shown
    assert "}}" not in shown
    assert "@everyone" not in shown
    assert not shown.startswith("@")
    assert inert(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("cut at the end of a word", 16, "cut at the end…"),
        ("제목은길다제목은길다제목은길다", 6, "제목은길다…"),
    ],
)
def test_long_text_is_cut_at_a_word_where_there_are_words(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept
    assert len(cut(text, limit)) <= limit


@pytest.mark.parametrize("letter", ["x", "ж", "한", "😀"])
def test_a_header_fits_on_a_mail_servers_line(letter: str) -> None:
    kept = header(letter * 500)
    assert len(kept) <= 100
    assert len(kept.encode()) <= 300


@pytest.mark.parametrize(
    ("url", "offered"),
    [
        ("https://example.org/a?b=1&c=%20#d", "https://example.org/a?b=1&c=%20#d"),
        (" HTTP://Example.org/a ", "HTTP://Example.org/a"),
        ("https://xn--bcher-kva.example/ß", "https://xn--bcher-kva.example/ß"),
        ("https://통일뉴스.example/기사", "https://통일뉴스.example/기사"),
        ('https://e.org/<a>"|b', "https://e.org/%3Ca%3E%22%7Cb"),
        ("https://e.org/{{app_body}}", "https://e.org/%7B%7Bapp_body%7D%7D"),
        ("https://e.org/\u202egpj.exe", "https://e.org/%E2%80%AEgpj.exe"),
        ("https://e.org/@everyone", "https://e.org/%40everyone"),
        ("https://e.org/@anna", "https://e.org/@anna"),
        ("https://[::1]/[go](https://x.y)", "https://[::1]/%5Bgo%5D(https://x.y)"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://e.org/x", ""),
        ("//e.org/x", ""),
        ("/relative", ""),
        ("https://", ""),
        ("https://[broken", ""),
        ("https://e.org:port/", ""),
        ("", ""),
        ("https://e.org/" + "x" * 3000, ""),
    ],
)
def test_only_web_addresses_are_offered_as_links(url: str, offered: str) -> None:
    assert link(url) == offered
