"""Bytes to text: mojibake would silence every rule."""

from __future__ import annotations

import codecs
import gzip

import pytest

from watchd.parse.decode import codec, decode

RUSSIAN = "Корабль вышел из порта на рассвете, сообщили в пароходстве. Экипаж здоров."
UKRAINIAN = "Корабель вийшов із порту на світанку, повідомили в пароплавстві. Її екіпаж здоровий."
KOREAN = "배가 새벽에 항구를 떠났다고 해운회사가 밝혔다. 선원들은 모두 건강하다."
CHINESE = "轮船公司说，这艘船在黎明时离开了港口。船员们都很健康，没有人受伤。"
TAIWANESE = "輪船公司說，這艘船在黎明時離開了港口。船員們都很健康，沒有人受傷。"
JAPANESE = "船会社によると、この船は夜明けに港を出た。乗組員はみな元気だという。"
FRENCH = "Le navire a quitté le port à l’aube, a déclaré la compagnie. L’équipage se porte bien."
THAI = "เรือออกจากท่าเรือตอนรุ่งสาง บริษัทเดินเรือกล่าว ลูกเรือทุกคนสบายดี"
GERMAN = "Das Schiff verließ den Hafen früh, sagte die Reederei. Die Mannschaft fährt gern."

LEGACY = [
    (RUSSIAN, "windows-1251"),
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "cp866"),
    (UKRAINIAN, "windows-1251"),
    (KOREAN, "euc-kr"),
    (CHINESE, "gb18030"),
    (TAIWANESE, "big5"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc-jp"),
    (THAI, "tis-620"),
    (FRENCH, "windows-1252"),
    (GERMAN, "iso-8859-1"),
]


def xml(text: str, declared: str = "") -> str:
    encoding = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{encoding}?>\n<rss><title>News</title><p>{text}</p></rss>'


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
@pytest.mark.parametrize("declared", ["right", "utf-8", "iso-8859-1", ""])
def test_old_encodings_come_out_right_whatever_is_declared(
    text: str, encoding: str, declared: str
) -> None:
    document = xml(text, encoding if declared == "right" else declared)
    decoded = decode(document.encode(encoding))
    assert decoded.text == document
    if declared == "right":
        assert not decoded.problems
    if declared == "utf-8":
        assert decoded.problems


@pytest.mark.parametrize("text", [RUSSIAN, KOREAN, CHINESE, JAPANESE, FRENCH])
@pytest.mark.parametrize("declared", ["windows-1251", "euc-kr", "us-ascii", "no-such-thing"])
def test_valid_utf8_wins_over_any_declaration(text: str, declared: str) -> None:
    document = xml(text, declared)
    decoded = decode(document.encode(), content_type=f"text/xml; charset={declared}")
    assert (decoded.text, decoded.encoding) == (document, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_wide_encodings(encoding: str, mark: bool) -> None:
    document = xml(KOREAN, encoding[:6])
    body = (("\ufeff" if mark else "") + document).encode(encoding)
    assert decode(body).text == document


def test_the_header_names_the_encoding_when_the_document_does_not() -> None:
    greek = xml("Το πλοίο έφυγε από το λιμάνι")
    decoded = decode(greek.encode("iso-8859-7"), content_type='text/xml; charset="ISO-8859-7"')
    assert decoded.text == greek


def test_the_config_overrides_the_document() -> None:
    thai = xml("เรือออกจากท่าเรือ", "iso-8859-1")
    assert decode(thai.encode("cp874"), encoding="tis-620").text == thai


def test_one_bad_byte_does_not_spoil_a_document() -> None:
    document = xml(KOREAN * 3, "utf-8").encode()
    broken = document.replace("항구".encode(), "항\xff구".encode() + b"\xff", 1)
    decoded = decode(broken)
    assert KOREAN in decoded.text
    assert "replaced" in decoded.problems[0]


def test_a_character_cut_in_half_at_the_end_is_no_wrong_encoding() -> None:
    document = xml(KOREAN, "utf-8").encode()
    body = document[: document.rindex("다".encode()) + 1]
    decoded = decode(body)
    assert decoded.encoding == "utf-8"
    assert not decoded.problems


def test_iso_2022_is_not_taken_for_ascii() -> None:
    document = xml(JAPANESE, "iso-2022-jp")
    assert decode(document.encode("iso-2022-jp")).text == document


def test_a_gzip_body_without_its_header_is_unpacked_and_bounded() -> None:
    document = xml(FRENCH).encode()
    assert decode(gzip.compress(document)).text.encode() == document
    assert decode(gzip.compress(document)[:-9]).cut
    bomb = gzip.compress(b"a" * 100_000_000)
    assert len(decode(bomb).text) <= 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("GB2312", "gb18030"),
        ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("x-sjis", "cp932"),
        ("latin1", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("iso8859-1", "cp1252"),
        ("UTF8", "utf-8"),
        ("rot13", ""),
        ("unicode_escape", ""),
        ("utf-7", ""),
        ("nonsense", ""),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, name: str) -> None:
    assert codec(label) == name
    assert not name or codecs.lookup(name)


TWICE = [RUSSIAN, UKRAINIAN, KOREAN, CHINESE, JAPANESE, FRENCH, GERMAN, "Côte d’Ivoire à l’été"]


def twice(text: str) -> bytes:
    """What software writes that takes UTF-8 for windows-1252, and makes UTF-8 of it."""
    wrong = "".join(
        bytes([byte]).decode("latin-1" if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252")
        for byte in text.encode()
    )
    return wrong.encode()


@pytest.mark.parametrize("text", TWICE)
def test_what_was_made_utf8_twice_is_read_as_it_was(text: str) -> None:
    for mark in (b"", codecs.BOM_UTF8):
        decoded = decode(mark + twice(xml(text)))
        assert decoded.text == xml(text)
        assert "twice" in decoded.problems[0]
    assert decode(twice(xml(text)), encoding="utf-8").text != xml(text)  # config.toml knows better


@pytest.mark.parametrize(
    "text",
    [*TWICE, "Some write Ã© for é", "“CAMIÓ”", "2023 = 211−5² Ã©", "SÃO PAULO Â« caf\u00e9"],
)
def test_a_document_with_one_character_that_is_right_was_made_utf8_once(text: str) -> None:
    decoded = decode(xml(text).encode())
    assert (decoded.text, decoded.problems) == (xml(text), ())
