"""How often `surprise` calls a false alarm, and how often it finds a surge.

    python -m tests.benchmarks.sim_spike [--trials 40000] [--alpha 0.01]

Each trial is so many windows of baseline and one more; an alarm is a chance below `--alpha`.
"""

from __future__ import annotations

import argparse
import math
import random
from functools import cache, partial

from watchd.overtime.statistics import surprise

WINDOWS = 8, 14  # of baseline: few, and as many as 2 days have in 28


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
def _chance(count: int, baseline: tuple[int, ...]) -> float:
    return surprise(count, 1.0, baseline, [1.0] * len(baseline)).chance


def alarms(
    mean: float,
    phi: float = 1,
    *,
    then: float,
    windows: int,
    trials: int,
    alpha: float = 0.01,
    seed: int = 7,
) -> float:
    """The share of trials with an alarm, when the mean of the last window is `then`."""
    chances, found = random.Random(seed), 0
    for _ in range(trials):
        baseline = tuple(sorted(counted(chances, mean, phi) for _ in range(windows)))
        found += _chance(counted(chances, then, phi), baseline) < alpha
    return found / trials


def figures(trials: int, windows: int, alpha: float = 0.01) -> dict[str, float]:
    """Rates of alarms by what was simulated."""
    of = partial(alarms, trials=trials, windows=windows, alpha=alpha)
    found = {f"poisson {mean}": of(mean, then=mean) for mean in (0.1, 0.5, 2, 10)}
    found |= {f"phi {phi}, mean 10": of(10, phi, then=10) for phi in (1.5, 2, 3, 8)}
    found |= {f"phi {phi}, mean 2": of(2, phi, then=2) for phi in (2, 8)}
    found["fourfold"] = of(2, then=4 * 2)
    found["surge"] = of(2, then=4 * 2 + 2)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40_000)
    parser.add_argument("--alpha", type=float, default=0.01)
    told = parser.parse_args()
    few, many = (figures(told.trials, windows, told.alpha) for windows in WINDOWS)
    print(f"{'windows of baseline':20}", *(f"{windows:7}" for windows in WINDOWS))
    for name, rate in few.items():
        print(f"{name:20} {rate:7.2%} {many[name]:7.2%}")


if __name__ == "__main__":
    main()
