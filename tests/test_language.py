"""The language of a text is guessed, and not guessed wrongly."""

from __future__ import annotations

import time

import pytest

from watchd.language import guess


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("북한, 정찰위성 발사… KCNA 보도", "ko"),
        ("北, 미사일 발사", "ko"),
        ("朝鲜劳动党第九次代表大会", "zh"),
        ("朝鮮労働党の第9回大会が開かれた", "ja"),
        ("プーチン", "ja"),
        ("Η Βόρεια Κορέα", "el"),
        ("צפון קוריאה", "he"),
        ("2026-02-19 …", ""),
        ("", ""),
    ],
)
def test_a_script_of_one_language_tells_it(text: str, lang: str) -> None:
    assert guess(text) == lang


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Лидер КНДР поздравил Путина", "ru"),
        ("Лідер КНДР привітав Путіна", "uk"),
        (
            "Газета «Київ» пишет, что в столице КНДР прошёл военный парад и торжественный приём",
            "ru",
        ),
        ("Лідэр КНДР павіншаваў Пуціна з днём незалежнасці", "be"),
        ("Солтүстік Корея жаңа зымыран ұшырды", "kk"),
        ("Вођа Северне Кореје честитао је Путину", "sr"),
        ("Претседателот на Северна Кореја ќе ја посети Русија", "mk"),
        ("Умард Солонгос шинэ пуужин хөөргөлөө", "mn"),
        ("Северна Корея ще изстреля сателит, съобщи агенцията", ""),
        ("كوريا الشمالية تطلق صاروخا جديدا", "ar"),
        ("کره شمالی یک موشک جدید پرتاب کرد", "fa"),
        ("شمالی کوریا نے ایک نیا میزائل داغا ہے", "ur"),
    ],
)
def test_an_alphabet_that_is_shared_is_told_by_its_letters(text: str, lang: str) -> None:
    assert guess(text) == lang


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("North Korea launches a satellite", "en"),
        ("Résumé of a long English text about café life", "en"),
        ("naïve English text with much more words", "en"),
        ("Nordkorea hat nach Angaben aus Seoul eine Rakete getestet", "de"),
        ("Le dirigeant du pays est en visite dans la capitale", "fr"),
        ("Le café de Zürich est dans la gare", "fr"),
        ("El presidente viaja a la capital del norte por segunda vez", "es"),
        ("Il presidente della repubblica è in visita nel paese", "it"),
        ("O presidente do país não vai à capital do norte com os militares", "pt"),
        ("De leider van het land is op bezoek in de hoofdstad", "nl"),
        ("Przywódca kraju jest w stolicy na spotkaniu z prezydentem", "pl"),
        ("Ülkenin lideri bu sabah başkent için yola çıktı ve döndü", "tr"),
        ("Việt Nam", "vi"),
        ("Nhà lãnh đạo của đất nước đã đến thủ đô", "vi"),
        ("Pemimpin negara itu akan tiba di ibu kota pada hari ini", "id"),
        # not guessed, and not taken for another
        ("Landets ledare är på besök i huvudstaden och ska inte stanna", ""),
        ("Vůdce země je na návštěvě v hlavním městě", ""),
        ("Az ország vezetője látogatást tesz a fővárosban", ""),
        ("KCNA", ""),
        ("Kim Dzong Un", ""),
    ],
)
def test_latin_letters_are_told_by_small_words(text: str, lang: str) -> None:
    assert guess(text) == lang


def test_a_long_text_takes_no_longer() -> None:
    start = time.process_time()
    guess("naïve ünd the Північ 북한 " * 100_000)
    assert time.process_time() - start < 0.2
