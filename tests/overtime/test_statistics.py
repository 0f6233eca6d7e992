"""The statistics of rules over time, against known values and by what must hold of any."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from tests.benchmarks import sim_spike
from watchd.overtime.statistics import (
    binomial_tail,
    exact_interval,
    negative_binomial_tail,
    surprise,
    wilson,
)


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    [
        (13, 15, 0.6212, 0.9626),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_wilson(count: int, trials: int, low: float, high: float) -> None:
    assert wilson(count, trials) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (1, 20, 0.0013, 0.2487)],
)  # fmt: skip
def test_clopper_pearson(count: int, trials: int, low: float, high: float) -> None:
    found = exact_interval(count, trials)
    assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(
    ("count", "trials", "share", "tail"),
    [(8, 10, 0.5, 56 / 1024), (0, 5, 0.2, 1.0), (6, 5, 0.2, 0.0), (1, 3, 0.0, 0.0), (2, 2, 1, 1.0)],
)  # fmt: skip
def test_binomial_tail(count: int, trials: int, share: float, tail: float) -> None:
    assert binomial_tail(count, trials, share) == pytest.approx(tail)


def test_a_negative_binomial_of_size_one_is_geometric() -> None:
    for mean in (0.3, 2.0, 11.0):
        for count in range(12):
            tail = negative_binomial_tail(count, mean, mean + mean * mean)
            assert tail == pytest.approx((mean / (1 + mean)) ** count)


def test_a_tail_falls_as_counts_rise_and_is_a_probability() -> None:
    chances = random.Random(1)
    for _ in range(200):
        mean = chances.uniform(0.05, 60)
        variance = mean * chances.uniform(1.01, 9)
        tails = [negative_binomial_tail(count, mean, variance) for count in range(0, 150, 3)]
        assert all(0 <= tail <= 1 for tail in tails)
        assert all(after <= before + 1e-12 for before, after in pairwise(tails))


def test_of_one_steady_rate_that_is_well_known_it_is_nearly_that_of_poisson() -> None:
    """At phi 1 and with a long baseline there is hardly more to it than the mean."""
    found = surprise(9, 2.0, [3] * 4000, [1.0] * 4000)
    assert found.phi == 1.0
    assert found.expected == pytest.approx(6, abs=1e-3)
    terms = [math.exp(-6) * 6**x / math.factorial(x) for x in range(10)]
    assert found.chance == pytest.approx(1 - math.fsum(terms[:9]) - terms[9] / 2, rel=2e-3)


def test_the_less_is_known_the_less_is_a_surprise() -> None:
    chances = [surprise(9, 1.0, [3] * many, [1.0] * many).chance for many in (4, 8, 40, 400)]
    assert chances == sorted(chances, reverse=True)


def test_what_is_published_twice_as_much_is_expected_twice_as_often() -> None:
    counts = [4, 6, 5, 5, 4, 6]
    once, twice = (surprise(10, much, counts, [50.0] * 6) for much in (50.0, 100.0))
    assert twice.expected == pytest.approx(2 * once.expected)
    assert twice.chance > once.chance


def test_a_restless_baseline_makes_the_same_count_less_surprising() -> None:
    calm, restless = [5, 5, 5, 5, 5, 5, 5, 5], [0, 14, 1, 12, 0, 11, 2, 0]
    assert sum(calm) == sum(restless)
    chances = [surprise(13, 1.0, counts, [1.0] * 8).chance for counts in (calm, restless)]
    assert chances[0] < 0.01 < 0.05 < chances[1]


@pytest.mark.parametrize(("counts", "exposures"), [([1], [1.0]), ([1, 2], [1.0, 0.0]), ([], [])])
def test_too_little_to_compare_with(counts: list[int], exposures: list[float]) -> None:
    with pytest.raises(ValueError, match="baseline"):
        surprise(1, 1.0, counts, exposures)


def test_what_chance_alone_shows_is_no_restlessness() -> None:
    of_chance, twice_that = [2, 3, 5, 4, 7, 3, 6, 2], [0, 9, 4, 0, 8, 3, 0, 8]
    assert surprise(5, 1.0, of_chance, [1.0] * 8).phi == 1.0
    assert 3 < surprise(5, 1.0, twice_that, [1.0] * 8).phi < 6


@pytest.mark.slow
@pytest.mark.parametrize(("windows", "fourfold"), [(8, 0.70), (14, 0.70)])
def test_false_alarms_and_found_surges(windows: int, fourfold: float) -> None:
    figures = sim_spike.figures(20_000, windows)
    assert all(rate <= 0.015 for name, rate in figures.items() if name.startswith("poisson"))
    assert all(rate <= 0.045 for name, rate in figures.items() if name.endswith("mean 10"))
    assert figures["fourfold"] >= fourfold
    assert figures["surge"] >= 0.80
