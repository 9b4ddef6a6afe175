"""Indicators of prices near 10^9 that move by about 1, in rational arithmetic: writes offset.csv beside itself.

Python 3.11, standard library only; nothing of finnet. A price is 10^9 plus a walk in steps of 2^-20, exact in binary.
Every number is computed from its definition over whole windows in fractions.Fraction and rounded once, to the nearest
double; roots by decimal with 60 digits. Bars 120 to 149 do not move. One column an output, blank in the warm-up and where
undefined.
"""

import random
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 60
N, OFFSET, GRID = 400, 10**9, 2**20
random.seed(20240607)


def walk():
    at, closes, highs, lows = Fraction(0), [], [], []
    for bar in range(N):
        up, down = (Fraction(random.randint(0, GRID // 2), GRID) for _ in range(2))
        if not 120 <= bar < 150:
            at += Fraction(random.randint(-GRID, GRID), GRID)
        else:
            up = down = Fraction(0)
        closes.append(OFFSET + at)
        highs.append(OFFSET + at + up)
        lows.append(OFFSET + at - down)
    return highs, lows, closes


def root(x):
    return float((Decimal(x.numerator) / Decimal(x.denominator)).sqrt())


def smoothed(values, seed, weight):
    mean = sum(values[:seed]) / seed
    means = [mean]
    for value in values[seed:]:
        mean += weight * (value - mean)
        means.append(mean)
    return means


def last(values, n):
    return [values[end - n:end] for end in range(n, len(values) + 1)]


def variance(window, divisor):
    mean = sum(window) / len(window)
    return sum((x - mean) ** 2 for x in window) / divisor


def strength(gain, loss):
    return 100 * gain / (gain + loss) if gain + loss else None


highs, lows, closes = walk()
changes = [after - before for before, after in zip(closes, closes[1:])]
gains, losses = [max(x, Fraction(0)) for x in changes], [max(-x, Fraction(0)) for x in changes]
ranges = [max(h, c) - min(l, c) for h, l, c in zip(highs[1:], lows[1:], closes)]
typical = [(h + l + c) / 3 for h, l, c in zip(highs, lows, closes)]
fast, slow = smoothed(closes, 12, Fraction(2, 13)), smoothed(closes, 26, Fraction(2, 27))
middle = Fraction(13, 2)


def slope(window):
    return sum((i - middle) * x for i, x in enumerate(window)) / sum((i - middle) ** 2 for i in range(14))


def distance(window):
    mean = sum(window) / len(window)
    return sum(abs(x - mean) for x in window) / len(window)


def channel(window):
    mean, deviation = sum(window) / len(window), distance(window)
    return (window[-1] - mean) / (Fraction(15, 1000) * deviation) if deviation else None


columns = {
    "HIGH": highs,
    "LOW": lows,
    "CLOSE": closes,
    "SMA_20": [sum(w) / 20 for w in last(closes, 20)],
    "WMA_20": [sum((i + 1) * x for i, x in enumerate(w)) / 210 for w in last(closes, 20)],
    "EMA_20": smoothed(closes, 20, Fraction(2, 21)),
    "EMA_FIRST_20": smoothed(closes, 1, Fraction(2, 21)),
    "STDDEV_20": [root(variance(w, 20)) for w in last(closes, 20)],
    "STDDEV_SAMPLE_20": [root(variance(w, 19)) for w in last(closes, 20)],
    "RSI_14": [strength(g, l) for g, l in zip(smoothed(gains, 14, Fraction(1, 14)), smoothed(losses, 14, Fraction(1, 14)))],
    "RSI_CUTLER_14": [strength(sum(g), sum(l)) for g, l in zip(last(gains, 14), last(losses, 14))],
    "MACD_APART_12_26": [f - s for f, s in zip(fast[14:], slow)],
    "ATR_14": smoothed(ranges, 14, Fraction(1, 14)),
    "LINEARREG_SLOPE_14": [slope(w) for w in last(closes, 14)],
    "CCI_20": [channel(w) for w in last(typical, 20)],
    "CCI_DISTANCE_20": [distance(w) for w in last(typical, 20)],
}
rows = [",".join(["bar", *columns])]
for bar in range(N):
    cells = [str(bar)]
    for values in columns.values():
        at = bar - (N - len(values))
        cells.append("" if at < 0 or values[at] is None else repr(float(values[at])))
    rows.append(",".join(cells))
Path(__file__).with_name("offset.csv").write_text("\n".join(rows) + "\n")
