"""The language of a text that does not say it: guessed from its script, letters and small words.

The guess is meant to be right or silent. A script of one language tells it. Of the languages
written in Cyrillic and Arabic letters, each has letters that the others lack; those in Latin
letters are known by their commonest small words, whatever accents a name in the text has.
"""

from __future__ import annotations

import re
from collections import Counter

from watchd.letters import CYRILLIC, HANGUL

_LONGEST = 2000  # characters that are looked at
_SCRIPTS = {
    "kana": re.compile("[\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "ko": re.compile(f"[{HANGUL}]"),
    "ru": re.compile(f"[{CYRILLIC}]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "ar": re.compile("[\u0620-\u06ff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "th": re.compile("[\u0e01-\u0e5b]"),
}
# Languages that share an alphabet with a greater one, Russian or Arabic: the letters which that
# one lacks, and what settles it where these are shared.
_OTHERS = {
    "ru": {
        "uk": ("іїєґ", ["и"]), "be": ("іў", ["ы", "э", "ё"]),
        "sr": ("ђјљњћџ", ["је "]), "mk": ("ѓѕјќљњџ", ["та ", "те "]),
        "mn": ("өү", ["ы", "э", "х"]), "ky": ("өүң", ["ы", "э"]), "kk": ("әғқңөұүһі", ["ы"]),
    },
    "ar": {"fa": ("پچژگکی", ["ا"]), "ur": ("پچژگکیٹڈڑںہے", [])},
}  # fmt: skip
_OWN_SHARE = 50  # one letter of so many, at least, is one that the greater language lacks
_RUSSIAN = re.compile("[ыэё]")
_NOT_RUSSIAN = re.compile(r"\b(?:е|са|се|ще|че|од|ја|је)\b")  # but Bulgarian and its neighbours'

SMALL_WORDS = {
    "en": "the of and to for is that with as at by from it was be an has are after over says "
    "this have not will his he its they their but or were had been who which more than about "
    "would can you your we our all what how when new other into out if my there first year "
    "years two us north south against amid could may",
    "de": "der die und das den von mit im für auf dem ist nicht ein eine einen zu zum zur des "
    "sich nach bei aus wird werden sind auch oder wie als vor über gegen kann noch wurde",
    "fr": "le la les des et du en un une est pour dans sur au aux par que qui avec plus ne pas "
    "il ce cette sont ou à être",
    "es": "el la los las de del y en un una que por con para se su al es como más no lo este "
    "esta puede ha ser si",
    "it": "il la di che in un una per con del della dei delle le gli al non sono da si è nel "
    "dal alla lo come questo essere",
    "pt": "os as do da dos das de em um uma que para com não no na ao se é mais ser por pelo foi "
    "são ou como pela está",
    "nl": "de het een van in is op te dat met voor zijn aan niet door naar bij uit ook om wordt "
    "worden kan als deze geen",
    "pl": "w na z że się do nie jest po od za przez dla jak oraz przy ze są ma lub to być tego "
    "jego co ale",
    "tr": "ve bir bu için ile da de olarak çok daha en olan sonra kadar gibi ne ise göre var değil",
    "vi": "và của là có được trong cho với các người đã những không này một về tại khi đến từ",
    "id": "yang dan di dengan untuk dari pada ini itu dalam akan ke tidak oleh telah sebagai "
    "adalah atau tak bisa",
}
_RIVALS = {  # not guessed, only not taken for one of the above
    "sv": "och att det som en av är för på med den inte har till ett om kan från de inga",
    "da": "og at det som en af er for på med den ikke har til et om kan fra de der ved",
    "cs": "se na je že ve do pro to jako po není nebo jsou ve při byl být",
    "ro": "și de în la cu nu pe să este din care pentru un ce sau fi nu se",
    "hu": "az és hogy nem is egy van volt ez meg el de ha csak már kell nincs",
    "fi": "ja on ei että se oli ovat kun mutta tai joka myös kuin voi ole",
    "hr": "je na se da za su od nije koji će iz kao ili ne nema",
}
_MARKED = {  # the letters that the alphabet of English lacks
    "de": "äöüß", "fr": "àâçèéêëîïôùûœ", "es": "áéíñóú", "it": "àèéìòù", "pt": "áâãçéêíóôõú",
    "pl": "ąćęłńóśźż", "tr": "çğıöşü",
    "vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "sv": "äåö", "da": "åæø", "cs": "áčďéěíňóřšťúůýž", "ro": "âîășțşţ", "hu": "áéíóöőúüű",
    "fi": "äö", "hr": "čćđšž",
}  # fmt: skip
_OF_WORD: dict[str, list[str]] = {}
for _lang, _words in (SMALL_WORDS | _RIVALS).items():
    for _word in set(_words.split()):
        _OF_WORD.setdefault(_word, []).append(_lang)
_OF_LETTER: dict[str, list[str]] = {}
for _lang, _word in _MARKED.items():
    for _letter in _word:
        _OF_LETTER.setdefault(_letter, []).append(_lang)
_ENGLISH = re.compile(  # beginnings and endings
    "(?:th|wh|sh|kn).|..*(?:ing|ed|ly|ght|ness|ship|[bdgklmprtw]s|ies|ck|ty|ry|th|ew|ow|ay|ey|ee)$"
)
_WORD = re.compile(r"[^\W\d_]+")
_BY_WORD, _BY_LETTER = 2, 1  # a word weighs more than an accent
_FEWEST = 10  # of so many words one is a small word of the language, at least


def told(declared: str, *texts: str) -> str:
    """The language that is declared, else the first that a text tells; small, "" for unknown."""
    return (declared or next(filter(None, map(guess, texts)), "")).lower()


def guess(text: str) -> str:
    """The code of the language of a text; "" where it cannot be told.

    Only the first 2,000 characters are looked at. A Han or Hangul character weighs as much as
    three letters, so that a Korean headline with `KCNA` in it stays Korean.
    """
    text = text[:_LONGEST]
    count = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    kana = count.pop("kana")
    count["han"] = 3 * (count["han"] + kana)
    count["ko"] *= 3
    most = max(count, key=lambda name: count[name])
    if count[most] == 0:
        return ""
    if most == "han":
        return "ja" if 30 * kana >= count["han"] else "zh"
    if most == "latin":
        return _by_words(text.lower())
    if most in _OTHERS:
        return _by_letters(text.lower(), most, count[most])
    return most


def _by_letters(text: str, script: str, letters: int) -> str:
    found = {
        lang: (sum(map(text.count, own)), sum(map(text.count, more)))
        for lang, (own, more) in _OTHERS[script].items()
    }
    best, second = sorted(found, key=lambda lang: found[lang], reverse=True)[:2]
    if _OWN_SHARE * found[best][0] >= letters:
        return best if found[best] > found[second] else ""
    doubtful = script == "ru" and _NOT_RUSSIAN.search(text) and not _RUSSIAN.search(text)
    return "" if doubtful else script


def _by_words(text: str) -> str:
    words = _WORD.findall(text)
    speak_for: Counter[str] = Counter({"en": 0, "": 0})
    for word in words:
        for lang in _OF_WORD.get(word, ()):
            speak_for[lang] += _BY_WORD
        if word.isascii():
            speak_for["en"] += word not in _OF_WORD and bool(_ENGLISH.match(word))
        else:
            for lang in {lang for letter in word for lang in _OF_LETTER.get(letter, ())}:
                speak_for[lang] += _BY_LETTER
    (best, most), (_, second) = speak_for.most_common(2)
    told = most > second and most * _FEWEST >= _BY_WORD * len(words)
    return best if told and best not in _RIVALS else ""
