"""Counts and shares: how unusual, how certain. The methods of docs/statistics.md.

Everything takes plain numbers and gives a probability or an interval, between 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from watchd.values import Struct

_Z95 = 1.959963984540054  # of the normal distribution: 2.5 % lie beyond
_BISECTIONS = 60
_PRIOR = 1 / 3  # stories: of a rate, half the chance then lies below what was counted
# Chosen by simulation (tests/benchmarks/sim_spike.py), so that at 1 % chance alone gives alarms in
# about 1 % of windows, bursts in less than 4.5 %, and a surge from 2 to 8 is found in over 70 %.
_BY_CHANCE = 1.5  # standard errors by which a baseline may be more uneven than chance, unheeded
_WIDER = 2.0  # what it shows beyond them counts twice: few windows show less than there is
_OF_THE_MEAN = 0.25  # the share of the mean's own uncertainty that widens the spread


class Surprise(Struct, frozen=True, kw_only=True):
    """How a count compares with the windows before it."""

    expected: float  # stories, if all were as usual
    chance: float  # of more than that, and half the chance of just that: its mid-p
    phi: float  # over-dispersion: 1.0 is that of chance alone


def surprise(
    count: int, exposure: float, counts: Sequence[int], exposures: Sequence[float]
) -> Surprise:
    """How unusual `count` in a window is, after `counts` in the windows before it.

    `exposure` is what each window had to offer: stories published, or its length. The tail is
    that of a negative binomial, with the mean of the baseline under Kerman's neutral prior (2011)
    and the spread of chance, wider where the baseline itself shows more than that. Of it the
    mid-p is taken (Lancaster 1961): counts are whole numbers, and without it alarms at 1 % are
    as rare as .4 %, and surges missed for that.

    Raises ValueError without two windows, and where one has no exposure.
    """
    windows, total, offered = len(counts), sum(counts), math.fsum(exposures)
    if windows < 2 or windows != len(exposures) or min(*exposures, exposure) <= 0:
        raise ValueError("a baseline is two windows or more, each with something published in it")
    usual = [(total + _PRIOR) * one / offered for one in exposures]
    pearson = math.fsum((c - m) ** 2 / m for c, m in zip(counts, usual, strict=True))
    free = windows - 1  # degrees of freedom: by chance alone, pearson varies by 2 * free
    beyond = pearson / free - 1 - _BY_CHANCE * math.sqrt(2 / free)
    phi = 1 + _WIDER * max(0.0, beyond)
    mean = (total + _PRIOR) * exposure / offered
    variance = phi * mean * (1 + _OF_THE_MEAN * exposure / offered)
    at_least, more = (negative_binomial_tail(x, mean, variance) for x in (count, count + 1))
    return Surprise(expected=mean, chance=(at_least + more) / 2, phi=phi)


def negative_binomial_tail(count: int, mean: float, variance: float) -> float:
    """P(X >= count) of a negative binomial with this mean and variance (> mean)."""
    if count <= 0:
        return 1.0
    size, success = mean * mean / (variance - mean), mean / variance

    def log_term(x: int) -> float:
        ways = math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1)
        return ways + size * math.log(success) + x * math.log1p(-success)

    if count <= mean:  # the head is short, and the tail no small number
        return max(0.0, 1 - math.fsum(math.exp(log_term(x)) for x in range(count)))
    term, total, x = math.exp(log_term(count)), 0.0, count
    while term > total * 1e-12:
        total += term
        term *= (x + size) / (x + 1) * (1 - success)
        x += 1
    return min(1.0, total)


def binomial_tail(count: int, trials: int, share: float) -> float:
    """P(X >= count) of `trials` that each come out with probability `share`: the exact test."""
    if count <= 0:
        return 1.0
    if share <= 0 or count > trials:
        return 0.0
    if share >= 1:
        return 1.0
    terms = (
        math.exp(
            math.lgamma(trials + 1) - math.lgamma(x + 1) - math.lgamma(trials - x + 1)
            + x * math.log(share) + (trials - x) * math.log1p(-share)
        )
        for x in range(count, trials + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(terms))


def wilson(count: int, trials: int, z: float = _Z95) -> tuple[float, float]:
    """Between which shares the true one lies, with 95 % certainty (Wilson 1927).

    Raises ValueError without a trial.
    """
    if trials < 1:
        raise ValueError("a share of nothing")
    share, weight = count / trials, z * z / trials
    middle = share + weight / 2
    spread = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low, high = (middle - spread) / (1 + weight), (middle + spread) / (1 + weight)
    return (0.0 if count == 0 else max(0.0, low)), (1.0 if count == trials else min(1.0, high))


def exact_interval(count: int, trials: int, alpha: float = 0.05) -> tuple[float, float]:
    """The same, never less certain than 1 - alpha (Clopper and Pearson 1934)."""
    if trials < 1:
        raise ValueError("a share of nothing")
    low = _where(lambda p: binomial_tail(count, trials, p), alpha / 2) if count else 0.0
    beyond = count + 1
    high = _where(lambda p: binomial_tail(beyond, trials, p), 1 - alpha / 2)
    return low, (1.0 if count == trials else high)


def _where(rising: Callable[[float], float], value: float) -> float:
    """Where a function that rises between 0 and 1 takes a value."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2
