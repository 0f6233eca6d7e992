"""Folding: what is the same to a reader is the same to a rule, and words find their way back."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.text import BREAK, DOT, MARKS, PARAGRAPH, WORD, Words, fold


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kim Jong Un", "kim jong un"),
        ("“Kim Jong‑un’s” visit", "kim jong un visit"),
        ("KIM\u00a0JONG–UN", "kim jong un"),
        ("zero\u200bwidth soft\u00adhyphen \ufeffbom", "zerowidth softhyphen bom"),
        ("café, Łódź, İzmir, straße, ﬁnal", "cafe lodz izmir strasse final"),
        ("cafe\u0301 re\u0301sume\u0301", "cafe resume"),
        ("Ещё ёлка, Пу́тин, йод", "еще елка путин йод"),
        ("и\u0306од", "йод"),
        ("Ｎｉｎｔｈ　第９回", "ninth 第 9 回"),
        ("조선로동당 제９차대회", "조선로동당 제 9 차대회"),
        (unicodedata.normalize("NFD", "정찰위성"), "정찰위성"),
        ("ｶﾞｽ プーチン", "ガス プーチン"),
        ("キム・ジョンウン", "キム ジョンウン"),
        ("在KCNA报道中", "在 kcna 报道中"),
        ("쿠르스크Kursk지역", "쿠르스크 kursk 지역"),
        ("9th 9-й 9й G7 T-72", "9th 9 й 9й g7 t 72"),
        ("Workers' Party, the Workers’ Party", "workers party the workers party"),
        ("Kim's letter; Kim’S letter; o'clock", "kim letter kim letter o clock"),
        ("Kim's방문", "kim 방문"),
        ("北ㆍ中, 北·中", "北 中 北 中"),
        ("北・미", "北 미"),
        ("U.S. & Co. — (no. 5)", "u s co no 5"),
        ("٣ days, Ⅸ, ½", "3 days ix 1 2"),
        ("Здоров'я", "здоров я"),
        ("أَخْبَار الأُمَم، آسيا، إيران", "اخبار الامم اسيا ايران"),
        ("ا\u0654خبار، كـــوريا، على", "اخبار كوريا على"),
        ("שָׁלוֹם צפון־קוריאה", "שלום צפון קוריאה"),
        ("", ""),
        ("… — “”", ""),
        ("\ud800lone surrogate\x00\x01\x02", "lone surrogate"),
    ],
)
def test_a_text_is_folded_to_words(text: str, words: str) -> None:
    assert fold(text).text == (f" {words} " if words else " ")


@pytest.mark.parametrize("dot", list("·ㆍ・-–—─━•"))
def test_a_dot_or_dash_between_hangul_letters_is_kept_apart_from_a_space(dot: str) -> None:
    assert fold(f"북{dot}러").text == f" 북 {DOT} 러 "
    assert fold(f"북 {dot} 러").text == " 북 러 "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one\ntwo", "one two"),
        ("one\n\ntwo", f"one {PARAGRAPH} two"),
        ("one\n \n\u00a0\ntwo", f"one {PARAGRAPH} two"),
        ("Новый\n\nгод", f"новый {PARAGRAPH} год"),
        ("• one\n• two", f"{BREAK} one {BREAK} {BREAK} two {BREAK}"),
        ("in front\n• one\nbehind", f"in front {BREAK} one {BREAK} behind"),
        ("a • b", "a b"),
        ("•one", "one"),
        # the ends of lines and paragraphs that have signs of their own
        ("one\u2028two\x85three", "one two three"),
        ("one\u2028\u2028two", f"one {PARAGRAPH} two"),
        ("one\u2029two", f"one {PARAGRAPH} two"),
        ("one\n\u2029\n two", f"one {PARAGRAPH} two"),
        ("Новый\u2029год, 韩国\u2029中国", f"новый {PARAGRAPH} год 韩国 {PARAGRAPH} 中国"),
        (
            "a\u2029• one\u2028• two\u2029b",
            f"a {PARAGRAPH} {BREAK} one {BREAK} {BREAK} two {BREAK} b",
        ),
    ],
)
def test_the_ends_of_paragraphs_and_list_items_stay_visible(text: str, words: str) -> None:
    assert fold(text).text == f" {words} "


@pytest.mark.parametrize(
    ("text", "word", "quote"),
    [
        ("“Kim Jong‑un’s” visit", " jong un ", "Jong‑un"),
        ("cafe\u0301 ole\u0301", " cafe ", "cafe\u0301"),
        ("ﬁnal report", " final ", "ﬁnal"),
        ("第９回大会", "9", "９"),
        ("Пу́тина", "путин", "Пу́тин"),
        ("в Москве\u0301 и", " москве ", "Москве\u0301"),
        ("الرُّوسِيّ هو", " الروسي ", "الرُّوسِيّ"),
        (
            unicodedata.normalize("NFD", "북·러 회담"),
            " 회담 ",
            unicodedata.normalize("NFD", "회담"),
        ),
        ("soft\u00adhyphen", " softhyphen ", "soft\u00adhyphen"),
        ("\u200bzero ", " zero ", "zero"),
        ("a\n\n• b c\n\nd", " c ", "c"),
        ("ｶﾞｽ田", "ガ", "ｶﾞ"),
        ("في كُـورِيا اليوم", "كوريا", "كُـورِيا"),
    ],
)
def test_a_folded_word_leads_back_to_its_place(text: str, word: str, quote: str) -> None:
    folded = fold(text)
    start = folded.text.index(word)
    left, right = len(word) - len(word.lstrip()), len(word) - len(word.rstrip())
    first, last = folded.span(start + left, start + len(word) - right)
    assert text[first:last] == quote


scraps = st.sampled_from(
    ["Kim’s ", "'s", "é", "e\u0301", "ё", "\u0301", "ﬁ", "북", "·", "북·러", "\u1107\u116e\u11a8",
     "가\u11a8",
     "ㆍ", "中", "ｶﾞ", "ﾞ", "ー", "９", "9", "й", "\n", "\n\n", "\n• ", "• ", "•", "\u200b", "\u00a0",
     "…", "´", "½", "㈜", "ẞ", "İ", "ŉ", "\u0345", "\u0dca", "क्षि", "\u064b", "ﷺ", "𝔎", "🇰🇵",
     "أ", "ا\u0654", "ـ", "שׁ", "\u05b8", "\u2028", "\u2029", "\x85",
     "-", "K"]
)  # fmt: skip
any_text = st.text(max_size=30) | st.lists(scraps | st.text(max_size=2), max_size=20).map("".join)


@settings(max_examples=1000, deadline=None)
@given(any_text)
def test_every_word_leads_back_to_a_place_that_folds_to_it(text: str) -> None:
    folded = fold(text)
    assert folded.text == " " or folded.text == f" {' '.join(folded.text.split(' ')[1:-1])} "
    at, last = 1, 0
    for word in folded.text.strip(" ").split(" "):
        if word and word not in MARKS:
            start, end = folded.span(at, at + len(word))
            assert last <= start < end <= len(text)
            assert word in fold(text[start:end]).text.replace(f" {DOT} ", "")
            last = start
        at += len(word) + 1


@settings(max_examples=500, deadline=None)
@given(any_text)
def test_folding_again_changes_nothing(text: str) -> None:
    words = [word for word in fold(text).text.split() if word not in MARKS]
    assert fold(" ".join(words)).text.split() == words


@settings(max_examples=500, deadline=None)
@given(any_text)
def test_the_first_word_after_a_place_is_the_first_that_came_from_there(text: str) -> None:
    folded = fold(text)
    words = [word.span() for word in WORD().finditer(folded.text)]
    came_from = [folded.span(*word)[0] for word in words]
    for place in range(len(text) + 1):
        first = bisect_left(came_from, place)
        after = folded.after(place)
        assert [start for start, _ in words if start >= after] == [s for s, _ in words[first:]]


ALPHABETS = [
    "abcKLéñß’s 9-",
    "абВЁйїґ9 -«»№k",
    "가나북러·ㆍ-9 ak",
    "中国々カー、。9 a・",
    "\n\n• '’\u2029",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from("".join(ALPHABETS)), max_size=30).map("".join))
def test_the_quick_ways_say_what_the_book_says(text: str) -> None:
    # What no quick way can do, here a ligature, sends the whole text the long way.
    assert fold(f"x{text}").text == fold(f"ﬁ x{text}").text.removeprefix(" fi")


def test_the_quick_ways_take_each_character_for_what_it_is() -> None:
    few_of_the_many = [*range(0x3400), *range(0x3400, 0xD800, 97), *range(0xF900, 0x10000)]
    for code in few_of_the_many:
        for around in ("b", "б", "가", "中"):
            text = f"{around}{chr(code)}{around}"
            assert fold(text).text == fold(f"ﬁ {text}").text.removeprefix(" fi"), text


# The acute accent by itself is typed for an apostrophe; the compatible forms make a space of it.
most_characters = st.characters(codec="utf-8", exclude_characters="´\u1ffd")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=most_characters))
def test_the_form_of_unicode_makes_no_difference(form: str, text: str) -> None:
    normal = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert fold(normal).text == fold(unicodedata.normalize("NFKC", text)).text


def test_words_between_two_places_are_counted_to_the_next_hard_break() -> None:
    text = fold("one two, 中国 three\n\nfour • five\n• six seven").text
    words = Words(text)

    def reached(word: str, between: int) -> str:
        end = text.index(word) + len(word)
        return " ".join(text[end : words.reach(end, between)].replace(PARAGRAPH, "").split())

    assert reached(" one", 0) == "two"
    assert reached(" one", 1) == "two 中"
    assert reached(" one", 3) == "two 中国 three"
    assert reached(" one", 4) == "two 中国 three four"
    assert reached(" one", 50) == "two 中国 three four five"
    assert reached(" six", 50) == "seven"
