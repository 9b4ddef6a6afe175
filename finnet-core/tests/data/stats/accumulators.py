"""Statistics of pairs in rational arithmetic (Python's fractions; roots by decimal, 60 digits).

Writes pairs.csv (set, x, y as repr) and accumulators.csv (statistic, set, value to 40 digits) beside itself. Run:
python3 accumulators.py. Sets: `offset` is near 1e9, moves of 2^-20 and more; `returns` are daily; `wild` has magnitudes
from the smallest double to 1e70, where sums of doubles keep nothing of the small ones; `cancels` sums to 1/3 of nearly
nothing. A rate of 0.0001 is taken from both for alpha.
"""

import random
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 60
here = Path(__file__).parent
rng = random.Random(20261122)
N = 200

grid = lambda sigma: round(rng.gauss(0.0, sigma) * 2**20) / 2**20
wild = lambda: rng.choice([-1, 1]) * rng.random() * 10.0 ** rng.randint(-320, 70)
x = [grid(1.0) for _ in range(N)]
sets = {
    "offset": ([1e9 + a for a in x], [1e9 + 0.5 * a + grid(0.5) for a in x]),
    "returns": ([rng.gauss(0.0003, 0.012) for _ in range(N)], [rng.gauss(0.0003, 0.01) for _ in range(N)]),
    "wild": ([wild() for _ in range(N - 1)] + [5e-324], [wild() for _ in range(N - 1)] + [-5e-324]),
    "cancels": ([1e16, 1.0, -1e16], [1e-300, 3e16, 1.0]),
}
decimal = lambda q: Decimal(q.numerator) / Decimal(q.denominator)


def moments(x, y):
    n = len(x)
    mx, my = sum(x) / n, sum(y) / n
    m = lambda i, j: sum((a - mx) ** i * (b - my) ** j for a, b in zip(x, y)) / n
    beta = m(1, 1) / m(0, 2)
    rate = Fraction(0.0001)
    active = m(2, 0) - 2 * m(1, 1) + m(0, 2)
    return {
        "mean": decimal(mx),
        "variance": decimal(m(2, 0) * n / (n - 1)),
        "covariance": decimal(m(1, 1) * n / (n - 1)),
        "beta": decimal(beta),
        "alpha": decimal((mx - rate) - beta * (my - rate)),
        "tracking": decimal(active * n / (n - 1)).sqrt(),
        "correlation": decimal(m(1, 1)) / decimal(m(2, 0) * m(0, 2)).sqrt(),
        "skewness": decimal(m(3, 0)) / decimal(m(2, 0) ** 3).sqrt(),
        "kurtosis": decimal(m(4, 0) / m(2, 0) ** 2),
    }


with (here / "pairs.csv").open("w") as file:
    print("set,x,y", file=file)
    for name, columns in sets.items():
        for pair in zip(*columns):
            print(name, *map(repr, pair), sep=",", file=file)
with (here / "accumulators.csv").open("w") as file:
    print("statistic,set,value", file=file)
    for name, columns in sets.items():
        for statistic, value in moments(*([Fraction(v) for v in column] for column in columns)).items():
            print(f"{statistic},{name},{value:.40g}", file=file)
