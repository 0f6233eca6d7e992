"""Korean words that Pyongyang and Seoul spell differently: a rule should know both."""

from __future__ import annotations

import re
from collections.abc import Iterable

from watchd.rules.lints.covering import Vocabulary
from watchd.rules.tree import Term

# As Pyongyang writes it, and as Seoul does.
_SPELLINGS = (
    "로씨야/러시아 뿌찐/푸틴 로동/노동 련방/연방 쏘련/소련 꾸르스크/쿠르스크 꾸바/쿠바 "
    "뽈스까/폴란드 로므니아/루마니아 벌가리아/불가리아 마쟈르/헝가리 체스꼬/체코 "
    "도이췰란드/독일 에스빠냐/스페인 뽀르뚜갈/포르투갈 이딸리아/이탈리아 카나다/캐나다 "
    "메히꼬/멕시코 윁남/베트남 캄보쟈/캄보디아 뛰르끼예/튀르키예 수리아/시리아 "
    "에짚트/이집트 팔레스티나/팔레스타인 조로/북러 조중/북중 조미/북미 조일/북일 "
    "습근평/시진핑 리재명/이재명 녕변/영변 량강도/양강도 라선/나선 룡천/용천 "
    "로케트/로켓 미싸일/미사일 땅크/탱크 테로/테러 콤퓨터/컴퓨터 "
    "력량/역량 렬차/열차 령토/영토 로선/노선 량국/양국 력사/역사 련합/연합"
)
# Seoul's words that are about its own affairs as often as not: only the other way is told of.
_OF_SEOUL = "역사 연합 양국 노선 열차 영토 역량 나선 테러 미사일 로켓 탱크 북미 북일 컴퓨터"
_WHOLE = "조로 조중 조미 조일 북러 북중 북미 북일 라선 나선 테로"  # within others they mean others

_TO_SEOUL = dict(pair.split("/") for pair in _SPELLINGS.split())
_TO_PYONGYANG = {
    seoul: pyongyang for pyongyang, seoul in _TO_SEOUL.items() if seoul not in _OF_SEOUL.split()
}
_KNOWN = re.compile("|".join((*_TO_SEOUL, *_TO_PYONGYANG)))


def twin(term: Term) -> tuple[str, str]:
    """The spelling of the other half of Korea, and whose it is: Seoul or Pyongyang; or nothing."""
    text = term.text
    found = [word for word in _KNOWN.findall(text) if word == text or word not in _WHOLE.split()]
    if not found:
        return "", ""
    to_seoul = any(word in _TO_SEOUL for word in found)
    spelling = _TO_SEOUL if to_seoul else _TO_PYONGYANG
    for word in found:
        text = text.replace(word, spelling.get(word, word))
    return text, "Seoul" if to_seoul else "Pyongyang"


def lacking(terms: Iterable[Term]) -> list[tuple[Term, str, str]]:
    """The terms of an OR whose other spelling is not in it, with that spelling and whose it is."""
    held = list(terms)
    if not _KNOWN.search("\n".join(term.text for term in held)):
        return []
    known = [(term, *twin(term)) for term in held]
    words = Vocabulary(held)
    return [
        (term, other, whose)
        for term, other, whose in known
        if other and not is_there(other, term, words)
    ]


def is_there(other: str, term: Term, words: Vocabulary) -> bool:
    """Whether a spelling is found by one of these words, where `term` would be."""
    return (
        words.covering(Term(text=other, lang=term.lang, field=term.field), whole=False) is not None
    )
