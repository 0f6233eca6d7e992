"""Typical mistakes: each is caught, told at its place, and mostly mended by pasting the hint.

The habits are those of other media tools (Meltwater, Brandwatch, Factiva, LexisNexis), of search
engines, of Sigma and ElastAlert, and of people who have never seen TOML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from watchd import rules
from watchd.errors import FileProblems, Problem
from watchd.rules.termlist import read_list

LISTS = {"russia": "Russia\nМоскв*\n", "china": "China\n"}
BASE = """\
title    = "Foreign front"
severity = "high"
query    = '''
alien
'''
"""
TEST = """
[[test]]
name   = "one"
expect = "match"
text   = "alien"
"""


@dataclass(frozen=True)
class Mistake:
    """What somebody wrote, with ⟦ ⟧ round the characters that are to be marked, and the code.

    `mends`: pasting the hint makes it right.
    """

    marked: str
    code: str
    mends: bool = True
    instead_of: str = ""  # "" is the query; "+" comes before the tests; else text of the file

    @property
    def wrong(self) -> str:
        return self.marked.replace("⟦", "").replace("⟧", "")


NO = False
IN_QUERIES = [
    # small letters, and AND with OR
    Mistake("alien ⟦and⟧ lands", "E104"),
    Mistake("alien ⟦or⟧ lands", "E104"),
    Mistake("missile ⟦not⟧ test*", "E104"),
    Mistake("alien ⟦near/5⟧ lands", "E104"),
    Mistake("alien ⟦except⟧ lands", "E104"),
    Mistake("⟦atleast/2⟧(alien OR lands)", "E104"),
    Mistake("Alien ⟦And⟧ Lands", "E104"),
    Mistake("alien AND lands ⟦OR⟧ heroic", "E103"),
    Mistake("alien OR lands ⟦AND⟧ heroic", "E103"),
    Mistake("alien NOT lands ⟦OR⟧ heroic", "E103"),
    Mistake('"alien lands" AND hero* ⟦OR⟧ brave* OR feat*', "E103"),
    # signs for AND, OR and NOT
    Mistake("alien ⟦-heroic⟧", "E116"),
    Mistake("alien ⟦–heroic⟧", "E116"),
    Mistake("alien ⟦!heroic⟧", "E116"),
    Mistake("alien ⟦+lands⟧", "E116"),
    Mistake('alien ⟦-⟧"sea lands"', "E116"),
    Mistake("alien ⟦-@russia⟧", "E116"),
    Mistake("alien ⟦&&⟧ lands", "E105"),
    Mistake("alien ⟦&⟧ lands", "E105"),
    Mistake("alien ⟦||⟧ lands", "E105"),
    Mistake("alien ⟦|⟧ lands", "E105"),
    Mistake("alien ⟦+⟧ lands", "E105"),
    Mistake("⟦alien,⟧ lands", "E105"),
    Mistake("⟦alien;⟧ lands", "E105"),
    Mistake("⟦alien,lands,heroic⟧", "E105"),
    Mistake("⟦alien|lands⟧", "E105"),
    # slips and other tools' operators
    Mistake("alien ⟦ADN⟧ lands", "E105"),
    Mistake("alien ⟦ANDD⟧ lands", "E105"),
    Mistake("alien ⟦RO⟧ lands", "E105"),
    Mistake("missile AND ⟦NTO⟧ test*", "E105"),
    Mistake("alien ⟦EXCPET⟧ lands", "E105"),
    Mistake("⟦ATLEST/2⟧(alien OR lands)", "E105"),
    Mistake("alien ⟦NAER/5⟧ lands", "E105"),
    Mistake("alien ⟦NER/5⟧ lands", "E105"),
    Mistake("alien ⟦ONAER/5⟧ lands", "E105"),
    Mistake("alien ⟦ANDNOT⟧ lands", "E105"),
    Mistake("alien ⟦XOR⟧ lands", "E105"),
    Mistake("alien ⟦BUT⟧ lands", "E105"),
    Mistake("alien ⟦SAME⟧ lands", "E105"),
    Mistake("alien ⟦W/5⟧ lands", "E105"),
    Mistake("alien ⟦w/5⟧ lands", "E105"),
    Mistake("alien ⟦within/5⟧ lands", "E105"),
    Mistake("alien ⟦/5⟧ lands", "E105"),
    Mistake("alien ⟦W/s⟧ lands", "E105"),
    Mistake("alien ⟦w/para⟧ lands", "E105"),
    Mistake("alien ⟦PRE/5⟧ lands", "E105"),
    Mistake("alien ⟦adj5⟧ lands", "E105"),
    Mistake("alien ⟦NEAR/5f⟧ lands", "E105"),
    Mistake("alien ⟦NEARBY/5⟧ lands", "E105"),
    Mistake("alien ⟦NEAR/five⟧ lands", "E105"),
    Mistake("alien ⟦NEAR-5⟧ lands", "E105"),
    Mistake("alien ⟦NEAR:5⟧ lands", "E105"),
    Mistake('⟦"alien lands"~5⟧', "E105"),
    Mistake("alien ⟦NEAR 5⟧ lands", "E113"),
    Mistake("alien ⟦NEAR/ 5⟧ lands", "E113"),
    Mistake("alien ⟦NEAR(5)⟧ lands", "E113"),
    Mistake("alien ⟦NEAR⟧ lands", "E113"),
    Mistake("alien ⟦NEAR/2000⟧ lands", "E113"),
    Mistake("⟦ATLEAST⟧(alien OR lands)", "E113"),
    Mistake("⟦ATLEAST/0⟧(alien OR lands)", "E113"),
    Mistake("⟦ATLEAST/2 alien⟧", "E108"),
    # words without an operator, operators without words
    Mistake("⟦alien lands⟧", "E102"),
    Mistake("heroic OR ⟦alien lands⟧", "E102"),
    Mistake("title:⟦alien* lands⟧", "E102"),
    Mistake("alien\n⟦lands⟧", "E102"),
    Mistake("lang:ko ⟦lands⟧", "E102"),
    Mistake("@russia ⟦@china⟧", "E102"),
    Mistake("(alien OR lands) ⟦heroic⟧", "E102"),
    Mistake("alien ⟦AND⟧", "E108"),
    Mistake("⟦OR⟧ alien", "E108"),
    Mistake("alien OR ⟦AND⟧ lands", "E108"),
    Mistake("alien ⟦NEAR/5⟧", "E108"),
    Mistake("(⟦)⟧", "E108", NO),
    # quotation marks and brackets
    Mistake('⟦"alien lands⟧', "E101"),
    Mistake("⟦“alien lands⟧", "E101"),
    Mistake("⟦'alien lands'⟧", "E121"),
    Mistake("⟦‘alien lands’⟧", "E121"),
    Mistake("⟦(⟧alien OR lands", "E109"),
    Mistake("alien OR lands⟦)⟧", "E109", NO),
    Mistake('("alien lands"⟦}⟧', "E109"),
    Mistake("⟦{ISW}⟧", "E109"),
    # fields
    Mistake("⟦hl:⟧alien", "E106"),
    Mistake("⟦headline:⟧alien", "E106"),
    Mistake("⟦intitle:⟧alien", "E106"),
    Mistake("⟦tilte:⟧alien", "E106"),
    Mistake("⟦title=⟧alien", "E106"),
    Mistake("⟦HEADLINE⟧(alien OR lands)", "E106"),
    Mistake("⟦domain:⟧kcna.kp", "E106"),
    Mistake("⟦language:⟧ko", "E106"),
    Mistake("lang:⟦korean⟧", "E120"),
    Mistake("lang:⟦kr⟧ AND alien", "E120"),
    Mistake("site:⟦https://www.kcna.kp/en⟧", "E120"),
    Mistake("site:⟦*.kcna.kp⟧", "E120"),
    Mistake("title:⟦body:⟧alien", "E122", NO),
    Mistake("body:(alien OR ⟦text:⟧lands)", "E122", NO),
    Mistake("title:(alien AND ⟦lang:⟧en)", "E122", NO),
    Mistake("site:⟦title:⟧alien", "E122", NO),
    # lists
    Mistake("⟦@rusia⟧", "E112"),
    Mistake("⟦@Russia⟧", "E112"),
    Mistake("⟦@russia.txt⟧", "E112"),
    Mistake("⟦@lists/russia⟧", "E112"),
    Mistake("⟦@ russia⟧", "E112"),
    # endings, likeness, weights, regular expressions
    Mistake("⟦congratulat!⟧", "E121"),
    Mistake("⟦hero%⟧", "E121"),
    Mistake("⟦hero.*⟧", "E121"),
    Mistake("⟦hero~2⟧", "E121"),
    Mistake("⟦hero^2⟧", "E121"),
    Mistake("⟦hero$⟧", "E121"),
    Mistake("⟦/hero/⟧", "E121"),
    Mistake("⟦/hero[a-z]+/⟧", "E121", NO),
    Mistake("⟦/R{hero.*}⟧", "E121", NO),
    Mistake("⟦/hero(ic)?/⟧", "E121", NO),
    Mistake("⟦\\bhero\\b⟧", "E121", NO),
    Mistake("⟦he*⟧", "E118", NO),
    Mistake("exact:⟦hero*⟧", "E118", NO),
    Mistake("⟦/hero*/⟧", "E121"),
    Mistake("⟦%hero%⟧", "E121"),
    Mistake("⟦hero$3⟧", "E121"),
    Mistake("⟦hero!3⟧", "E121"),
    Mistake("⟦^hero$⟧", "E121"),
    Mistake("⟦her#ic⟧", "E121"),
    Mistake('"alien lands"⟦^2⟧ OR hero*', "E121"),
    Mistake('"alien lands"⟦~⟧ OR hero*', "E121"),
    Mistake("(alien OR lands)⟦^1.5⟧ OR hero*", "E121"),
    Mistake('⟦@"russia"⟧', "E112"),
    Mistake("⟦exact:@russia⟧", "E108"),
    Mistake("⟦exact:(ISW OR IAEA)⟧", "E108"),
    # a hash, which begins a comment
    Mistake("⟦#alien⟧", "E111"),
    Mistake("⟦#alien⟧ AND lands", "E111"),
    Mistake("lands AND ⟦#alien⟧", "E108"),
    Mistake("lands\nOR ⟦#alien⟧\nOR heroic", "E108"),
    # distances
    Mistake("alien ⟦NEAR /5⟧ lands", "E113"),
    Mistake("alien ⟦NEAR / 5⟧ lands", "E113"),
    Mistake("alien ⟦NEAR /s⟧ lands", "E113"),
    Mistake("alien ⟦NEAR/5,lands⟧", "E113"),
    Mistake("alien ⟦NEAR/5-10⟧ lands", "E113"),
    Mistake("alien ⟦ONEAR/2–4⟧ lands", "E113"),
    Mistake("alien ⟦NEAR[5]⟧ lands", "E105"),
    Mistake("alien ⟦NEAR/5w⟧ lands", "E105"),
    Mistake("alien ⟦NOT NEAR/5 lands⟧", "E107"),
    Mistake("alien AND heroic ⟦NOT W/5 lands⟧", "E107"),
    Mistake("alien ⟦NEAR/5 NOT lands⟧", "E107"),
    Mistake("title:(alien ⟦AND⟧ lands) NEAR/5 heroic", "E107"),
    Mistake("heroic NEAR/5 (alien ⟦AND⟧ lands)", "E107"),
    # operators in other dress
    Mistake("alien ⟦nto⟧ lands", "E105"),
    Mistake("alien ⟦adn⟧ lands", "E105"),
    Mistake("alien ⟦<AND>⟧ lands", "E105"),
    Mistake("alien ⟦*OR*⟧ lands", "E105"),
    Mistake("alien ⟦[NOT]⟧ lands", "E105"),
    Mistake("⟦외국，땅⟧", "E105"),
    Mistake("⟦중국、러시아⟧ AND lands", "E105"),
    Mistake("lang:⟦en,fr⟧ AND lands", "E105"),
    Mistake("lang:⟦en/fr⟧ AND lands", "E120"),
    Mistake("lang:⟦eng⟧ AND lands", "E120"),
    # more fields
    Mistake("⟦title =⟧ alien", "E106"),
    Mistake("⟦headline :⟧ alien", "E106"),
    Mistake("⟦since:2026-01-01⟧ AND alien", "E106", NO),
    Mistake("alien AND ⟦published:7d⟧", "E106", NO),
    Mistake("alien AND ⟦wc>500⟧", "E106", NO),
    Mistake("⟦country:UK⟧ AND alien", "E106", NO),
    Mistake("⟦tags:⟧sport", "E106"),
    Mistake("⟦raw:⟧alien", "E106"),
    Mistake("⟦ingress:⟧alien", "E106"),
    Mistake("⟦title.keyword:⟧alien", "E106"),
    Mistake("⟦_exists_:author⟧ AND alien", "E106", NO),
    Mistake("⟦LENGTH(>500)⟧ AND alien", "E106", NO),
    Mistake("⟦published:[2026-01-01 TO 2026-02-01]⟧ AND alien", "E106", NO),
    Mistake("⟦NOCAPS⟧(alien) AND lands", "E106"),
    Mistake("⟦ALLCAPS(ISW)⟧", "E108"),
    Mistake("⟦exact:(ISW)⟧", "E108"),
    # one slip, and once
    Mistake("alien ⟦NEAR/-5⟧ lands", "E105"),
    Mistake("alien ⟦NEAR//5⟧ lands", "E105"),
    Mistake("alien ⟦O-NEAR/5⟧ lands", "E105"),
    Mistake("alien ⟦+5⟧ lands", "E105"),
    Mistake("alien ⟦w/seg⟧ lands", "E105"),
    Mistake("alien ⟦AROUND(5)⟧ lands", "E105"),
    Mistake("alien ⟦WITHIN 5⟧ lands", "E105"),
    Mistake("alien ⟦W / 5⟧ lands", "E105"),
    Mistake("alien ⟦AND/OR⟧ lands", "E105"),
    Mistake("alien ⟦AND-NOT⟧ lands", "E105"),
    Mistake("alien ⟦ＡＮＤ⟧ lands", "E105"),
    Mistake("alien ⟦ИЛИ⟧ lands", "E105"),
    Mistake("alien ⟦ODER⟧ lands", "E105"),
    Mistake("alien ⟦NEAR/0.5⟧ lands", "E113"),
    Mistake("alien ⟦NEAR/5lands⟧", "E113"),
    Mistake("alien ⟦NEAR/5@russia⟧", "E113"),
    Mistake("⟦ATLEAST/2alien⟧", "E113"),
    Mistake("alien ⟦onear⟧ lands", "E113"),
    Mistake("⟦atleast/2 alien⟧", "E108"),
    Mistake("alien ⟦not w/5 lands⟧", "E107"),
    Mistake("⟦[alien OR lands]⟧ AND heroic", "E109"),
    Mistake('heroic AND ⟦{alien OR "sea lands"}⟧', "E109"),
    Mistake('⟦alien lands"⟧', "E101"),
    Mistake('(heroic OR ⟦alien lands"⟧) AND Kursk', "E101"),
    Mistake("alien ⟦–⟧ lands", "E111"),
    Mistake("alien ⟦=⟧ lands", "E111"),
    Mistake('title:"sea lands" ⟦TO alien⟧', "E102", NO),
    Mistake("alien⟦\\⟧\nOR lands", "E115"),
    Mistake("⟦alien(s)?⟧ AND lands", "E121"),
    Mistake("⟦hero(es|ic)⟧ AND lands", "E121"),
    Mistake("⟦$russia⟧ AND lands", "E121"),
    Mistake("⟦~alien⟧ AND lands", "E121"),
    Mistake("⟦wom*n!⟧ AND lands", "E121"),
    Mistake("alien ⟦NEAR/5;⟧ lands", "E105"),
    Mistake("alien ⟦NEAR.s⟧ lands", "E105"),
    Mistake("alien ⟦NOTNEAR/5⟧ lands", "E102", NO),
    Mistake("alien AND ⟦&⟧ lands", "E108"),
    Mistake("alien AND ⟦=⟧ lands", "E111"),
    Mistake("alien ⟦and⟧", "E108"),
    Mistake("⟦or⟧ alien", "E108"),
    Mistake("⟦ATLEAST 2⟧(alien OR lands)", "E113"),
    Mistake("⟦ATLEAST/two⟧(alien OR lands)", "E105"),
    Mistake("alien AND ⟦-lang:ru⟧", "E116"),
    Mistake("⟦lang!=ru⟧ AND alien", "E106"),
    Mistake('source:⟦"KCNA EN"⟧ AND alien', "E120"),
    Mistake("⟦@{russia}⟧", "E112"),
    Mistake("⟦list:russia⟧", "E112"),
    Mistake("⟦(?i)⟧alien", "E121"),
    Mistake("⟦[Aa]lien⟧ AND lands", "E121", NO),
    Mistake("alien AND lands ⟦// a comment⟧", "E121"),
    Mistake("⟦-- a comment⟧\nalien", "E121"),
    Mistake("⟦/* a comment */⟧ alien", "E121", NO),
    # what cannot be
    Mistake("⟦*⟧", "E111", NO),
    Mistake("alien AND ⟦*⟧", "E111", NO),
    Mistake("⟦NOT alien⟧", "E110", NO),
    Mistake("alien NEAR/5 (lands ⟦AND⟧ heroic)", "E107", NO),
    Mistake("alien NEAR/5 (⟦NOT⟧ lands)", "E107", NO),
]
IN_FILES = [
    Mistake("⟦titel⟧ ", "E201", instead_of="title "),
    Mistake("⟦name⟧ ", "E201", instead_of="title "),
    Mistake("⟦severty⟧", "E201", instead_of="severity"),
    Mistake("⟦level⟧", "E201", instead_of="severity"),
    Mistake("⟦condition⟧", "E201", instead_of="query    "),
    Mistake('"⟦hihg⟧"', "E203", instead_of='"high"'),
    Mistake('"⟦High⟧"', "E203", instead_of='"high"'),
    Mistake('"⟦severe⟧"', "E203", instead_of='"high"'),
    Mistake("⟦high⟧", "T101", instead_of='"high"'),
    Mistake("⟦“⟧Foreign front”", "T100", instead_of='"Foreign front"'),
    Mistake('⟦"Foreign front⟧', "T102", instead_of='"Foreign front"'),
    Mistake('"A "⟦foreign" front"⟧', "T103", instead_of='"Foreign front"'),
    Mistake('"C:⟦\\d⟧esk"', "T108", instead_of='"Foreign front"'),
    Mistake("title⟦:⟧ ", "T105", instead_of="title    = "),
    Mistake("⟦title⟧ ", "T105", instead_of="title    = "),
    Mistake("title =⟦=⟧ ", "T105", instead_of="title    = "),
    Mistake("⟦-⟧ title = ", "T105", instead_of="title    = "),
    Mistake("title =⟦⟧\n", "T101", NO, instead_of='title    = "Foreign front"\n'),
    Mistake("'''\nalien\n⟦''⟧\n", "T102", instead_of="'''\nalien\n'''\n"),
    Mistake("⟦“⟧alien lands”\n", "T100", NO, instead_of="'''\nalien\n'''\n"),
    Mistake('"alien" ⟦OR "lands"⟧\n', "T103", instead_of="'''\nalien\n'''\n"),
    Mistake("⟦alien OR lands⟧\n", "T101", instead_of="'''\nalien\n'''\n"),
    Mistake('⟦tag⟧ = ["a"]\n', "E201", instead_of="+"),
    Mistake('⟦reference⟧ = ["a"]\n', "E201", instead_of="+"),
    Mistake('⟦description⟧ = "a"\n', "E201", instead_of="+"),
    Mistake('⟦realert⟧ = "1h"\n', "E201", instead_of="+"),
    Mistake('tags = "⟦a⟧"\n', "E203", instead_of="+"),
    Mistake("tags = [⟦a⟧]\n", "T101", instead_of="+"),
    Mistake('tags = ["a" ⟦"⟧b"]\n', "T109", instead_of="+"),
    Mistake('tags = ⟦[⟧"a", "b"\n', "T109", instead_of="+"),
    Mistake('tags = "a"⟦, "b"⟧\n', "T103", instead_of="+"),
    Mistake('expires = "⟦2026-12-31⟧"\n', "E203", instead_of="+"),
    Mistake("expires = ⟦31.12.2026⟧\n", "T101", instead_of="+"),
    Mistake("expires = ⟦2026-13-01⟧\n", "T101", instead_of="+"),
    Mistake("expires = ⟦2027-02-30⟧\n", "T101", instead_of="+"),
    Mistake("expires = ⟦31-12-2026⟧\n", "T101", instead_of="+"),
    Mistake("expires = ⟦12/31/2026⟧\n", "T101", instead_of="+"),
    Mistake("expires = ⟦2026-12-31T00:00:00Z⟧\n", "E203", instead_of="+"),
    Mistake("throttle = ⟦12⟧\n", "E203", instead_of="+"),
    Mistake('throttle = "⟦12⟧"\n', "E203", instead_of="+"),
    Mistake('throttle = "⟦1d12h⟧"\n', "E203", instead_of="+"),
    Mistake('follow_up = "⟦5 publishers⟧"\n', "E203", instead_of="+"),
    Mistake('follow_up = "⟦publishers:1⟧"\n', "E203", NO, instead_of="+"),
    Mistake('follow_up = "⟦new word⟧"\n', "E203", instead_of="+"),
    Mistake("follow_up = ⟦5⟧\n", "E203", instead_of="+"),
    Mistake('follow_up = ⟦[⟧"new words"]\n', "E203", instead_of="+"),
    Mistake('"⟦⟧"', "E203", instead_of='"Foreign front"'),
    Mistake("⟦3⟧", "E203", instead_of='"high"'),
    Mistake('text = "alien"\nlang = "⟦korean⟧"\n', "E203", instead_of='text   = "alien"\n'),
    Mistake('text = "alien"\nurl = "⟦not a url⟧"\n', "E203", NO, instead_of='text   = "alien"\n'),
    Mistake('was = "⟦rules/desk/alien.toml⟧"\n', "E203", instead_of="+"),
    Mistake("⟦query⟧ = '''\nlands OR x\n'''\n", "T106", NO, instead_of="+"),
    Mistake('why = ⟦"alien⟧\nlands."\n', "T102", NO, instead_of="+"),
    Mistake("⟦'''⟧\nalien\n", "T102", NO, instead_of="'''\nalien\n'''\n"),
    Mistake("throttle = ⟦12h⟧\n", "T101", instead_of="+"),
    Mistake('throttle = "⟦12 hours⟧"\n', "E203", instead_of="+"),
    Mistake("status = ⟦off⟧\n", "T101", instead_of="+"),
    Mistake('status = "⟦disabled⟧"\n', "E203", instead_of="+"),
    Mistake('⟦severity⟧ = "low"\n', "T106", NO, instead_of="+"),
    Mistake("⟦//⟧ a comment\n", "T104", instead_of="+"),
    Mistake('why = "a"⟦;⟧\n', "T103", instead_of="+"),
    Mistake('[⟦source⟧]\nonly = ["a"]\n', "E201", instead_of="+"),
    Mistake('[[⟦sources⟧]]\nonly = ["a"]\n', "E203", instead_of="+"),
    Mistake('[sources]\nonly = "⟦a⟧"\n', "E203", instead_of="+"),
    Mistake('[sources]\n⟦exclude⟧ = ["a"]\n', "E201", instead_of="+"),
    Mistake('[sources]\nonly = ["a"]\n⟦throttle⟧ = "1h"\n', "E201", NO, instead_of="+"),
    Mistake('[⟦indicator⟧]\nproblem = "p"\n', "E204", NO, instead_of="+"),
    Mistake("[⟦test⟧]", "E203", instead_of="[[test]]"),
    Mistake("[[⟦tests⟧]]", "E201", instead_of="[[test]]"),
    Mistake("⟦[[test]⟧", "T107", instead_of="[[test]]"),
    Mistake("⟦false positives⟧ = ['a']\n", "T105", instead_of="+"),
    Mistake("⟦--⟧ a comment\n", "T104", instead_of="+"),
    Mistake("⟦“⟧title” = ", "T100", instead_of="title    = "),
    Mistake("tags = [⟦a⟧, b]\n", "T101", instead_of="+"),
    Mistake('tags = ⟦("a", "b")⟧\n', "T101", instead_of="+"),
    Mistake('tags = ["a", ⟦5⟧]\n', "E203", instead_of="+"),
    Mistake("⟦''⟧\nalien\n''\n", "T102", NO, instead_of="'''\nalien\n'''\n"),
    Mistake("⟦```⟧\nalien\n```\n", "T101", NO, instead_of="'''\nalien\n'''\n"),
    Mistake('⟦[⟧"alien", "sea lands"]\n', "E203", instead_of="'''\nalien\n'''\n"),
    Mistake('expires = "⟦31.12.2026⟧"\n', "E203", instead_of="+"),
    Mistake("expires = ⟦2026⟧\n", "E203", instead_of="+"),
    Mistake("⟦enabled⟧ = false\n", "E201", instead_of="+"),
    Mistake('⟦id⟧ = "x"\n', "E201", NO, instead_of="+"),
    Mistake('sources = ⟦[⟧"a"]\n', "E203", instead_of="+"),
    Mistake('[sources]\nonly = ["⟦tags:korea⟧"]\n', "E203", instead_of="+"),
    Mistake('[sources]\nexcept = ["⟦tag: korea⟧"]\n', "E203", instead_of="+"),
    Mistake("⟦items⟧ = [{ text = 'alien' }]\ntext", "E201", NO, instead_of="text"),
    Mistake('expect = "⟦positive⟧"', "E203", instead_of='expect = "match"'),
    Mistake("expect = ⟦no match⟧", "T101", instead_of='expect = "match"'),
    Mistake("query    =⟦⟧\n'''", "T101", NO, instead_of="query    = '''"),
    Mistake("'It'⟦'s'⟧", "T103", instead_of='"Foreign front"'),
    Mistake('"⟦matches⟧"', "E203", instead_of='"match"'),
    Mistake('"⟦no_match⟧"', "E203", instead_of='"match"'),
    Mistake("⟦true⟧", "E203", instead_of='"match"'),
    Mistake("⟦expected⟧ =", "E201", instead_of="expect ="),
    Mistake("⟦nmae⟧   =", "E201", instead_of="name   ="),
    Mistake("⟦body⟧   =", "E201", instead_of="text   ="),
    Mistake('⟦span⟧ = ["alien"]\ntext', "E201", instead_of="text"),
    Mistake('text = "an "⟦alien" land"⟧', "T103", instead_of='text   = "alien"'),
    Mistake('[[⟦test⟧]]\nname = "one"\nexpect = "match"\n', "E204", NO, instead_of=TEST.lstrip()),
]  # fmt: skip
IN_LISTS = [
    # operators of queries
    Mistake("Russia ⟦OR⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦AND⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦NEAR/3⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦W/5⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦ADN⟧ Moscow", "E117", NO),
    Mistake("⟦ATLEAST/2⟧ Moscow", "E117", NO),
    Mistake("⟦OR⟧ Moscow", "E117", NO),
    Mistake("Moscow ⟦AND⟧", "E117", NO),
    Mistake("⟦NOT film⟧", "E117", NO),
    Mistake("Russia ⟦NOT⟧ film", "E117", NO),
    Mistake("⟦-film⟧", "E117", NO),
    Mistake("⟦!film⟧", "E117", NO),
    Mistake("⟦+Moscow⟧", "E117"),
    # several terms on a line
    Mistake("Russia⟦|⟧Moscow", "E117", NO),
    Mistake("Russia ⟦|⟧ Moscow", "E117", NO),
    Mistake("Russia⟦;⟧Moscow", "E117", NO),
    Mistake("Russia⟦;⟧ Moscow", "E117", NO),
    Mistake("Russia⟦\t⟧Moscow", "E117", NO),
    Mistake("Russia ⟦=⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦->⟧ Moscow", "E117", NO),
    Mistake("Russia ⟦/⟧ Moscow", "E117", NO),
    Mistake('"Russia" ⟦"Moscow"⟧', "E117", NO),
    Mistake('"Russia"⟦,⟧', "E117"),
    # bullets, numbers, comments
    Mistake("⟦- Moscow⟧", "E117"),
    Mistake("Russia ⟦NEAR 3⟧ Moscow", "E117", NO),
    Mistake("⟦• Moscow⟧", "E117"),
    Mistake("⟦1. Moscow⟧", "E117"),
    Mistake("⟦1) Moscow⟧", "E117"),
    Mistake("⟦// cities⟧", "E117"),
    Mistake("⟦; cities⟧", "E117"),
    Mistake("⟦-- cities⟧", "E117"),
    Mistake("Moscow⟦#the capital⟧", "E117"),
    Mistake("Moscow ⟦// the capital⟧", "E117"),
    Mistake("Moscow ⟦(city)⟧", "E117"),
    # fields, lists, quotation marks
    Mistake("⟦title:Moscow⟧", "E117"),
    Mistake("⟦exact:ISW⟧", "E117"),
    Mistake("⟦headline:Moscow⟧", "E117"),
    Mistake("⟦@china⟧", "E117", NO),
    Mistake('⟦"Russia⟧', "E101"),
    Mistake("⟦'Red Square'⟧", "E121"),
    Mistake('Russia⟦"⟧', "E101"),
    # languages
    Mistake("⟦[korean]⟧", "E117"),
    Mistake("⟦[kr]⟧", "E117"),
    Mistake("⟦[eng]⟧", "E117"),
    Mistake("⟦[ko⟧", "E117"),
    Mistake("⟦ko]⟧", "E117"),
    Mistake("⟦(ko)⟧", "E117"),
    Mistake("⟦lang:ko⟧", "E117"),
    Mistake("⟦[all]⟧", "E117"),
    Mistake("⟦[ko,ja]⟧", "E117", NO),
    Mistake("⟦ko:⟧ 모스크바", "E117", NO),
    # endings and regular expressions
    Mistake("⟦Ru*⟧", "E118", NO),
    Mistake("⟦Russia%⟧", "E121"),
    Mistake("⟦Russia!⟧", "E121"),
    Mistake("⟦Russia.*⟧", "E121"),
    Mistake("⟦Russia~⟧", "E121"),
    Mistake("⟦Russia$3⟧", "E121"),
    Mistake("⟦/Russia/⟧", "E121"),
    Mistake("⟦/Russ(ia|ian)/⟧", "E121", NO),
    Mistake("⟦\\bRussia\\b⟧", "E121", NO),
]
# What looks like a mistake in a list, and is none.
FINE_IN_LISTS = [
    '"title: Moscow"', '"-film"', '"Bosnia AND Herzegovina"', "Johnson & Johnson", "AC/DC",
    "9/11", "km/h", "Workers' Party", "U.S. envoy", "'Ndrangheta", "Côte d'Ivoire", "9-го съезд*",
    "COVID-19", "road and rail", "HANDS OFF THE ARMY", "Coca-Cola", "9. November", "http://kcna.kp",
    "C#", "C++", "G7", "北", "[ko]\n北", "[zh-hant]\n北", "[*]\nx-ray", "three*  # a note",
    "OR TAMBO AIRPORT", "OR", "ROK army", "ko\\*", "Lee Jae-myung", "what?s", "¿qué?",
    "army with guns", "near East", "Moscow – Beijing", "US$100", "about ~5000", "at 10:30",
    "Putin {the first}",
]  # fmt: skip
ALL = [(kind, one) for kind in (IN_QUERIES, IN_FILES, IN_LISTS) for one in kind]


def written(kind: list[Mistake], mistake: Mistake, what: str) -> tuple[str, str]:
    """The rule file with this in it, and the text of its list @russia."""
    if kind is IN_LISTS:
        return BASE.replace("\nalien\n", "\n@russia\n"), f"Kremlin\n{what}\n"
    old = mistake.instead_of
    if not old:
        return BASE.replace("\nalien\n", f"\n{what}\n"), LISTS["russia"]
    if old == "+":
        return BASE + what + TEST, LISTS["russia"]
    assert old in BASE + TEST
    return (BASE + TEST).replace(old, what, 1), LISTS["russia"]


def problems(text: str, russia: str) -> list[Problem]:
    """Everything that is said of a rule file, or of its list."""
    of_list = read_list("russia", "russia.txt", russia).problems
    if of_list:
        return list(of_list)
    try:
        rules.rule_from_source("r", "r.toml", text, {**LISTS, "russia": russia})
    except FileProblems as error:
        return error.problems
    return []


def place(text: str) -> tuple[int, int, int]:
    """Line, column and length of what stands between ⟦ and ⟧."""
    before, _, rest = text.partition("⟦")
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1, rest.index("⟧")


def pastings(text: str, problem: Problem) -> Iterator[str]:
    """The text with the hint pasted over what is marked, over the line, or at the line's end."""
    if re.match(r"$|(?:put|give|name|move|write the words out|take (?!it out\b))", problem.hint):
        return  # tells what to do, in words
    offer = re.sub(r"^(write|add|did you mean)\s+", "", problem.hint)
    offer = "" if offer.startswith("take it out") else offer
    offer = re.split(r"\s{2,}(?:or\b|\()|\?$|\?\s|\s+where it ends", offer)[0]
    lines = text.split("\n")
    at = problem.line - 1
    line, start = lines[at], problem.col - 1
    over_mark = line[:start] + offer + line[start + problem.length :]
    for new in (over_mark, offer, line + offer):
        yield "\n".join([*lines[:at], new, *lines[at + 1 :]])


def is_mended(kind: list[Mistake], mistake: Mistake) -> bool:
    text, russia = written(kind, mistake, mistake.wrong)
    (problem,) = problems(text, russia)
    if kind is IN_LISTS:
        return any(not problems(text, new) for new in pastings(russia, problem))
    return any(not problems(new, russia) for new in pastings(text, problem))


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len(ALL) >= 150
    assert len({(one.marked, one.instead_of) for _, one in ALL}) == len(ALL)


@pytest.mark.parametrize(("kind", "mistake"), ALL, ids=[repr(one.marked) for _, one in ALL])
def test_a_mistake_is_told_once_at_its_place(kind: list[Mistake], mistake: Mistake) -> None:
    found = problems(*written(kind, mistake, mistake.wrong))
    assert [problem.code for problem in found] == [mistake.code]
    (problem,) = found
    text, russia = written(kind, mistake, mistake.marked)
    line, col, length = place(russia if kind is IN_LISTS else text)
    assert (problem.line, problem.col) == (line, col), str(problem)
    assert problem.length == max(1, length), str(problem)


@pytest.mark.parametrize(
    ("kind", "mistake"),
    [pair for pair in ALL if pair[1].mends],
    ids=[repr(one.marked) for _, one in ALL if one.mends],
)
def test_the_hint_can_be_pasted(kind: list[Mistake], mistake: Mistake) -> None:
    assert is_mended(kind, mistake)


def test_most_of_them_are_mended_by_pasting_the_hint() -> None:
    mended = [one.marked for kind, one in ALL if is_mended(kind, one)]
    assert len(mended) / len(ALL) >= 0.8


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = BASE.replace("high", "hihg").replace("\nalien\n", "\nalien and lands\nAND @rusia\n")
    found = problems(text + TEST.replace("expect", "expected"), LISTS["russia"])
    assert [(one.code, one.line) for one in found] == [
        ("E203", 2),
        ("E201", 10),
        ("E104", 4),
        ("E112", 5),
    ]


@pytest.mark.parametrize("line", FINE_IN_LISTS)
def test_a_phrase_is_taken_as_it_is(line: str) -> None:
    found = read_list("x", "x.txt", f"{line}\n")
    assert [str(problem) for problem in found.problems] == []


def test_numbers_are_taken_for_numbering_only_in_a_row() -> None:
    found = read_list("x", "x.txt", "1. Moscow\n2. Kursk\n\n3. Sumy\n9. November\n")
    assert [(one.line, one.col) for one in found.problems] == [(1, 1), (2, 1), (4, 1)]


def test_a_language_that_is_none_is_told_where_it_stands() -> None:
    (problem,) = read_list("x", "x.txt", "Seoul\n  [kr]\n서울\n").problems
    assert (problem.line, problem.col, problem.hint) == (2, 3, "write [ko]")


def test_a_text_over_two_lines_is_offered_three_quotes() -> None:
    text = BASE.replace('"Foreign front"', '"Foreign\nfront"').replace("high", "hihg")
    (problem,) = problems(text, LISTS["russia"])
    assert (problem.line, problem.col) == (1, 12)
    assert '"""' in problem.message
