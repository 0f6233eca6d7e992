"""What it costs to read only what is new in a document, and whether the same comes out.

    python -m tests.benchmarks.bench_delta FOLDER

Each file in FOLDER that is a feed is taken for the new document. What came before it is made
from it: itself with another date; without its first item; without its first half; with another
text in its first item; in another order. CPU milliseconds a document.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.support.delta import differences, read
from watchd.parse.cut import cut
from watchd.parse.decode import decode
from watchd.parse.repair import find

_WORD = re.compile("(?<=[a-z] )[a-z]+(?= [a-z])")


def versions(body: bytes) -> dict[str, bytes]:
    """What may have come before this document; {} where it has no items to be told apart."""
    text = decode(body).text
    document = find(text)
    parts = cut(document.text) if document else None
    if document is None or parts is None or len(parts.places) < 2:
        return {}
    head = '<?xml version="1.0" encoding="utf-8"?>'
    (start, end), (second, second_end) = parts.places[:2]
    whole = parts.text
    half = set(range(len(parts.places) // 2))
    made = {
        "nothing new": f"{whole}<!-- made at another time -->",
        "one new": parts.without({0}),
        "half of it new": parts.without(half),
        "one edited": whole[:start] + _WORD.sub("ë", whole[start:end], count=1) + whole[end:],
        "another order": (
            whole[:start] + whole[second:second_end] + whole[end:second]
            + whole[start:end] + whole[second_end:]
        ),
    }  # fmt: skip
    return {name: (head + text).encode() for name, text in made.items()}


def cpu(body: bytes, window: bytes = b"") -> float:
    """Milliseconds, the least of three."""
    least = 1e9
    for _ in range(3):
        began = time.process_time()
        read(body, window)
        least = min(least, time.process_time() - began)
    return least * 1000


def main() -> None:
    files = [path for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file()]
    whole, part = defaultdict[str, float](float), defaultdict[str, float](float)
    read_so, in_part, wrong = Counter[str](), Counter[str](), Counter[str]()
    for path in files:
        body = path.read_bytes()
        plain = decode(body)
        document = find(plain.text)
        if document is None:
            continue
        now = ('<?xml version="1.0" encoding="utf-8"?>' + document.text).encode()
        cost = cpu(now)
        for name, before in versions(body).items():
            read_so[name] += 1
            window = read(before).window
            if read(now, window).kept:
                in_part[name] += 1
                whole[name] += cost
                part[name] += cpu(now, window)
            if found := differences(before, now):
                wrong[name] += 1
                print(f"{path}: {name}: {'; '.join(found)}")
    for name, count in read_so.items():
        done = in_part[name]
        print(
            f"{name:15} {count} documents, {done} read in part: {whole[name] / done:.2f} ms whole, "
            f"{part[name] / done:.2f} ms in part, {whole[name] / part[name]:.0f} times less; "
            f"{wrong[name]} differ"
        )


if __name__ == "__main__":
    main()
