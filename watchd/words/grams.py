"""From texts to tokens, and from tokens to phrases, in five scripts.

A token is a folded word (watchd.text), so that case, accents and width make no difference. Where a
script has no spaces a token is one character, and a term is two at least: runs of Han as they
stand, Katakana as whole words, Hiragana, which is grammar for the most part, not at all. Korean
words lose their particle where the texts show the word without it, too, or with another one.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from watchd.letters import HANGUL
from watchd.text import MARKS, fold

LONGEST = 4  # tokens of a phrase
GAP = 0  # the number in place of a token where a sentence or clause ends

_KATAKANA = "ァ-ヺー-ヿㇰ-ㇿ"
_HIRAGANA = "ぁ-ゖゝゞ"
_IDEOGRAPH = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
# What ends a clause. A full stop or comma within a number or a short form (U.S.) does not.
_CLAUSE = re.compile(
    r"(?<![\s.(][A-Z])[.,!?;:…)(\"“”„«»\[\]|/—–]+(?=\s|$)|(?<=\s)[(\"“„«\[—–-]+|[。、，！？；：「」『』《》（）]"
)
_RUNS = re.compile(
    f"[{_KATAKANA}]+|[{_HIRAGANA}]+|[{_IDEOGRAPH}]|[^{_KATAKANA}{_HIRAGANA}{_IDEOGRAPH}]+"
)
_UNSPACED = re.compile(f"[{_IDEOGRAPH}{_KATAKANA}]")
_IS_HIRAGANA = re.compile(f"[{_HIRAGANA}]")
_HANGUL_WORD = re.compile(f"[{HANGUL}]+")
_PARTICLES = re.compile(
    "(?:으로부터|로부터|에서는|에서도|으로써|으로서|이라고|에게서|까지|부터|에서|에게|께서|으로|라고|처럼|보다|한테|이나|"
    "은|는|이|가|을|를|의|에|로|와|과|도|만)$"
)

Gram = tuple[int, ...]


class Corpus:
    """Texts as numbers: the tokens of each, in order, with GAP between clauses."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.tokens = [""]
        self._numbers: dict[str, int] = {"": GAP}
        self.texts = [self._read(text) for text in texts]
        self._without_particles()

    def _read(self, text: str) -> array[int]:
        numbers = array("I")
        for token in _tokens(text):
            number = self._numbers.setdefault(token, len(self.tokens))
            if number == len(self.tokens):
                self.tokens.append(token)
            numbers.append(number)
        return numbers

    def _without_particles(self) -> None:
        """Make one of the forms of a Korean word that only particles tell apart."""
        forms: dict[str, set[str]] = defaultdict(set)
        stems: dict[int, str] = {}
        for number, token in enumerate(self.tokens):
            if _HANGUL_WORD.fullmatch(token):
                forms[token].add("")
                particle = _PARTICLES.search(token)
                if particle and particle.start() >= 2:
                    stems[number] = token[: particle.start()]
                    forms[stems[number]].add(particle[0])
        same = {
            number: self._numbers.setdefault(stem, number)
            for number, stem in stems.items()
            if len(forms[stem]) > 1
        }
        for number, stem in stems.items():
            if same.get(number) == number:
                self.tokens[number] = stem
        if same:
            for text in self.texts:
                for place, number in enumerate(text):
                    text[place] = same.get(number, number)

    def grams(self, text: array[int], length: int) -> set[Gram]:
        """The phrases of so many tokens in a text, each once."""
        return {
            gram
            for gram in zip(*(text[start:] for start in range(length)), strict=False)
            if GAP not in gram
        }

    def words(self, gram: Gram) -> str:
        """A phrase as it is read: Han and Kana stand together."""
        written = ""
        for number in gram:
            token = self.tokens[number]
            joined = _UNSPACED.match(written[-1:]) and _UNSPACED.match(token)
            written += token if not written or joined else f" {token}"
        return written


def _tokens(text: str) -> Iterator[str]:
    folded = fold(_CLAUSE.sub("\n\n", text)).text
    for word in folded.split():
        if word in MARKS:
            yield ""
        elif word.isascii() or _HANGUL_WORD.fullmatch(word):
            yield word
        else:
            yield from ("" if _IS_HIRAGANA.match(run) else run for run in _RUNS.findall(word))
