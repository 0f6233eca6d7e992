"""Make a desk for a benchmark: a config for a list of feed addresses, and a thousand rules.

    python tests/benchmarks/desk_for_urls.py URLS.txt FOLDER [--rules 1000]

URLS.txt has one address a line. FOLDER gets config.toml and rules/. The rules are of the kind
analysts write (phrases, alternatives, NEAR, NOT), from a fixed vocabulary and seed: every run
makes the same ones.
"""

from __future__ import annotations

import argparse
import compileall
import random
from pathlib import Path

import watchd

WORDS = (
    "communique envoy summitry rocket satellite reactor embargo cargo vessel frontier tariff "
    "ministry battalion rehearsal missile warhead embassy protocol accord harbour conduit "
    "railway garrison frigate convoy uranium centrifuge broadcast decree plenum congress "
    "alliance letter greeting victory heroic monument museum regiment engineer sapper launch"
).split()
STEMS = "anti counter inter trans para ultra proto neo meta hydro".split()
HANGUL = "위성 발사 당대회 축전 동맹 러시아 중국 핵무력 파병 영웅".split()
CYRILLIC = "спутник запуск съезд письмо союз Китай герой посол учения ракета".split()


def query(rng: random.Random) -> str:
    """One query: two or three groups of alternatives, now and then NEAR or NOT."""

    def term() -> str:
        kind = rng.random()
        if kind < 0.12:
            return rng.choice(HANGUL)
        if kind < 0.24:
            return rng.choice(CYRILLIC) + "*"
        if kind < 0.5:
            return f'"{rng.choice(WORDS)} {rng.choice(WORDS)}"'
        # Most words an analyst looks for are rare: a few are met everywhere, the others seldom.
        word = rng.choice(WORDS) if rng.random() < 0.16 else rng.choice(STEMS) + rng.choice(WORDS)
        return word + ("*" if rng.random() < 0.3 else "")

    def group(size: int) -> str:
        return "(" + " OR ".join(term() for _ in range(size)) + ")"

    text = f"{group(rng.randint(2, 3))} AND {group(2)}"
    if rng.random() < 0.2:
        text = f"{group(2)} NEAR/{rng.choice((5, 10, 25))} {group(2)}"
    if rng.random() < 0.2:
        text = f"({text}) AND NOT {term()}"
    return text


def make(urls: list[str], folder: Path, rules: int) -> None:
    """Write config.toml and rules/ into `folder`."""
    rng = random.Random(20260108)
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for number in range(rules):
        (folder / "rules" / f"r{number:05}.toml").write_text(
            f'title = "Rule {number}"\nseverity = "low"\nstatus = "test"\n'
            f"query = '''\n{query(rng)}\n'''\n",
            encoding="utf-8",
        )
    lines = ['database = "watchd.db"', 'rules = "rules"', "[fetch]", "per_host = 16"]
    lines += ['min_interval = "1s"']
    for number, url in enumerate(urls):
        lines += ["[[feed]]", f'name = "f{number}"', f'url = "{url}"', "private = true"]
        lines += ['interval = "1s"']
    (folder / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rules", type=int, default=1000)
    given = parser.parse_args()
    # As pip does when it installs: else, where PYTHONDONTWRITEBYTECODE is set, a checkout is
    # compiled anew in every round, which is a third of the start.
    compileall.compile_dir(Path(watchd.__file__).parent, quiet=1)
    make(given.urls.read_text().split(), given.folder, given.rules)
