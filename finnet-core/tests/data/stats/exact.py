"""Statistics of series far from 0, in rational arithmetic (Python's fractions; roots by decimal, 60 digits).

Writes series.csv and exact.csv (statistic, column, value to 30 digits) beside itself. Run: python3 exact.py
Columns: `offset` and `other` are normal numbers on a grid of 2^-20 plus 1e9, so that the sum is exact in a double;
`returns` are daily returns; `far` alternates about 1e9 by one ulp of it.
"""

import random
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 60
here = Path(__file__).parent
rng = random.Random(20261121)
N = 1000

grid = lambda sigma: round(rng.gauss(0.0, sigma) * 2**20) / 2**20
shocks = [grid(1.0) for _ in range(N)]
columns = {
    "offset": [1e9 + shock for shock in shocks],
    "other": [1e9 + round((0.5 * shock + grid(0.5)) * 2**20) / 2**20 for shock in shocks],
    "returns": [rng.gauss(0.0003, 0.012) for _ in range(N)],
    "far": [1e9 + (2**-23 if rng.random() < 0.3 else 0.0) for _ in range(N)],
}

decimal = lambda q: Decimal(q.numerator) / Decimal(q.denominator)
exact = {name: [Fraction(x) for x in column] for name, column in columns.items()}


def moment(x, y, powers):
    mx, my = sum(x) / N, sum(y) / N
    return sum((a - mx) ** powers[0] * (b - my) ** powers[1] for a, b in zip(x, y)) / N


rows = []
for name, x in exact.items():
    m2, m3, m4 = (moment(x, x, (k, 0)) for k in (2, 3, 4))
    rows += [
        ("mean", name, decimal(sum(x) / N)),
        ("variance", name, decimal(m2 * N / (N - 1))),
        ("covariance", name, decimal(moment(x, exact["other"], (1, 1)) * N / (N - 1))),
        ("skewness", name, decimal(m3) / (decimal(m2) ** 3).sqrt()),
        ("kurtosis", name, decimal(m4 / m2**2)),
    ]
with (here / "series.csv").open("w") as file:
    print(",".join(columns), file=file)
    for row in zip(*columns.values()):
        print(",".join(map(repr, row)), file=file)
with (here / "exact.csv").open("w") as file:
    print("statistic,column,value", file=file)
    for statistic, name, value in rows:
        print(f"{statistic},{name},{value:.30g}", file=file)
