"""How often `surprise` calls a false alarm, and how often it finds a surge.

    python -m tests.benchmarks.sim_spike

Each trial is eight windows of baseline and one more; an alarm is a chance below 1 %.
"""

from __future__ import annotations

import argparse
import math
import random
from functools import cache

from watchd.overtime.statistics import surprise

ALPHA, WINDOWS = 0.01, 8


def poisson(chances: random.Random, mean: float) -> int:
    """A count by chance alone: by products of uniform numbers, as Knuth does it."""
    if mean <= 0:
        return 0
    limit, product, count = math.exp(-mean), chances.random(), 0
    while product > limit:
        product *= chances.random()
        count += 1
    return count


def counted(chances: random.Random, mean: float, phi: float) -> int:
    """A count whose variance is phi times its mean."""
    if phi > 1:
        return poisson(chances, chances.gammavariate(mean / (phi - 1), phi - 1))
    return poisson(chances, mean)


@cache
def _is_alarm(count: int, baseline: tuple[int, ...]) -> bool:
    return surprise(count, 1.0, baseline, [1.0] * len(baseline)).chance < ALPHA


def alarms(mean: float, phi: float = 1, *, then: float, trials: int, seed: int = 7) -> float:
    """The share of trials with an alarm, when the mean of the last window is `then`."""
    chances, found = random.Random(seed), 0
    for _ in range(trials):
        baseline = tuple(sorted(counted(chances, mean, phi) for _ in range(WINDOWS)))
        found += _is_alarm(counted(chances, then, phi), baseline)
    return found / trials


def figures(trials: int) -> dict[str, float]:
    """Rates of alarms by what was simulated."""
    found = {
        f"poisson {mean}": alarms(mean, then=mean, trials=trials) for mean in (0.1, 0.5, 2, 10)
    }
    found |= {f"phi {phi}, mean 10": alarms(10, phi, then=10, trials=trials) for phi in (3, 8)}
    found["fourfold"] = alarms(2, then=4 * 2, trials=trials)
    found["surge"] = alarms(2, then=4 * 2 + 2, trials=trials)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40_000)
    for name, rate in figures(parser.parse_args().trials).items():
        print(f"{name:20} {rate:7.2%}")
