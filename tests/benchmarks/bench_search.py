"""What a search costs: queries over an archive of made-up items in five scripts.

.venv/bin/python -m tests.benchmarks.bench_search [--items 100000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.archive.world import NOW, archive_of
from watchd.model import Item
from watchd.rules import rule_from_query
from watchd.search import search

WORDS = {
    "en": "the minister said on Friday that talks with Russia would go on in Pyongyang".split(),
    "ko": "평양 외무성 대변인 담화 러시아 대표단 도착 회담 위성 발사 김정은".split(),
    "ru": "министр заявил в пятницу что переговоры с Пхеньяном будут продолжены".split(),
    "zh": "外交部 发言人 表示 朝鲜 俄罗斯 代表团 访问 平壤 会谈 卫星".split(),
    "ja": "外務省 は 金曜日 に 北朝鮮 の ロシア 訪問 を 確認 した".split(),
}
QUERIES = [
    "Pyongyang",
    "위성",
    "北朝鮮",
    "talk* NEAR/5 Russia",
    "Sohae",
    "(平壤 OR 평양) AND NOT 卫星",
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    asked = parser.parse_args()
    r, langs = Random(1), list(WORDS)

    def text(lang: str, words: int) -> str:
        return ("" if lang in ("zh", "ja") else " ").join(r.choices(WORDS[lang], k=words))

    news = (
        ("wire", Item(key="", title=text(lang, 8), text=text(lang, 35), lang=lang))
        for lang in (langs[number % 5] for number in range(asked.items))
    )
    with tempfile.TemporaryDirectory() as folder:
        store = archive_of(Path(folder), news, apart=timedelta(minutes=1))
        print(f"{asked.items:,} items\n{'query':40} {'found':>8} {'CPU s':>6}")
        for query in QUERIES:
            began = time.process_time()
            found = sum(1 for _ in search(store, rule_from_query(query), now=NOW))
            print(f"{query:40} {found:8,} {time.process_time() - began:6.1f}")
        store.close()


if __name__ == "__main__":
    main()
