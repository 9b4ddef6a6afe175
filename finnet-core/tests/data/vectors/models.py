"""The price models of finnet-core, written a second time: makes alone.csv and correlated.csv beside this file.

Run it in this folder: `python3 models.py`. Each file is one market of calendar days from 2000-01-03 on, 365 a year,
seed 42; its stocks are defined in `main` below, and once more in ../../vectors.rs, which holds finnet-core to the files.
Columns: symbol, date, the bits of the path's double in hexadecimal (blank where the model has none), the close.
"""

import math
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from numerics import binomial_half, bits_of, exp, exp_m1, ln, normal, pair64, poisson

SEED, FIRST = 42, date(2000, 1, 3)
DIFFUSION, JUMP_COUNT, JUMP_SIZE = 2, 3, 4


def node_normal(stock, purpose, tick):
    """The number of a node: ticks 2^level (4n + 1) and 2^level (4n + 3) share 128 bits."""
    level = (tick & -tick).bit_length() - 1
    odd = tick >> level
    return normal(pair64(SEED, [stock, odd >> 2, level, purpose])[odd >> 1 & 1])


def shock(weights, tick):
    total = 0.0
    for stock, weight in weights:
        total += weight * node_normal(stock, DIFFUSION, tick)
    return total


def path(tick, first, forward, between):
    """Ticks 0, 1, 2, 4, 8, ... one from the other; then halves, down to the tick."""
    if tick == 0:
        return first
    state, at = forward(first, 0, 1), 1
    while 2 * at <= tick:
        state, at = forward(state, at.bit_length() - 1, 2 * at), 2 * at
    if at == tick:
        return state
    left, start, length = state, at, at
    right = forward(state, at.bit_length() - 1, 2 * at)
    while True:
        length //= 2
        middle = start + length
        state = between(left, right, length.bit_length() - 1, middle)
        if middle == tick:
            return state
        if tick < middle:
            right = state
        else:
            left, start = state, middle


def brownian(weights):
    def forward(x, level, tick):
        return 1.0 * x + math.sqrt(2.0**level) * shock(weights, tick)

    def between(a, b, level, tick):
        return 0.5 * (a + b) + math.sqrt(2.0**level / 2.0) * shock(weights, tick)

    return forward, between


def gbm(start, drift, volatility, stock, weights, years):
    growth = (drift - volatility * volatility / 2.0) * years
    deviation = volatility * math.sqrt(years)
    return lambda tick: start * exp(float(tick) * growth + deviation * path(tick, 0.0, *brownian(weights)))


def ou(start, level, reversion, volatility, stock, weights, years):
    kappa, sigma = reversion * years, volatility * math.sqrt(years)
    first = ln(start / level)

    def coefficients(depth):
        ticks = 2.0**depth
        return exp(-kappa * ticks), -exp_m1(-2.0 * kappa * ticks)

    def forward(x, depth, tick):
        decay, lost = coefficients(depth)
        return decay * x + sigma * math.sqrt(lost / (2.0 * kappa)) * shock(weights, tick)

    def between(a, b, depth, tick):
        decay, lost = coefficients(depth)
        left = 1.0 + decay * decay
        return decay / left * (a + b) + sigma * math.sqrt(lost / (left * 2.0 * kappa)) * shock(weights, tick)

    return lambda tick: start * exp(path(tick, first, forward, between) - first)


def merton(start, drift, volatility, intensity, jump_mean, jump_deviation, stock, weights, years):
    jumps = exp_m1(jump_mean + jump_deviation * jump_deviation / 2.0)
    growth = (drift - volatility * volatility / 2.0 - intensity * jumps) * years
    deviation, rate = volatility * math.sqrt(years), intensity * years
    motion_forward, motion_between = brownian(weights)

    def counts(tick):
        return lambda attempt: pair64(SEED, [stock, tick, attempt, JUMP_COUNT])

    def forward(state, level, tick):
        motion, jumps, total = state
        motion = motion_forward(motion, level, tick)
        more = poisson(rate * 2.0**level, counts(tick))
        if more > 0:
            total = total + math.sqrt(more) * node_normal(stock, JUMP_SIZE, tick)
        return motion, jumps + more, total

    def between(left, right, level, tick):
        motion = motion_between(left[0], right[0], level, tick)
        every = right[1] - left[1]
        if every == 0:
            return motion, left[1], left[2]
        before = binomial_half(every, counts(tick))
        after = every - before
        if before == 0:
            total = left[2]
        elif after == 0:
            total = right[2]
        else:
            mean = left[2] + before / every * (right[2] - left[2])
            total = mean + math.sqrt(float(before) * float(after) / every) * node_normal(stock, JUMP_SIZE, tick)
        return motion, left[1] + before, total

    def value(tick):
        motion, count, total = path(tick, (0.0, 0, 0.0), forward, between)
        jumped = jump_mean * count + jump_deviation * total
        return start * exp(float(tick) * growth + deviation * motion + jumped)

    return value


def uniform_close(base, stock, day):
    """base * (1 + u), u of 53 bits from [-0.05, 0.05), to cents, half up; by exact fractions."""
    u = Fraction(pair64(SEED, [stock, day.toordinal(), 0, 0])[0] >> 11, 2**53) / 10 - Fraction(1, 20)
    return math.floor(Fraction(base) * (1 + u) * 100 + Fraction(1, 2))


def cents(value):
    """Half away from zero, at least one; the product by 100 is a double's. None beyond the largest price."""
    scaled = value * 100.0
    if not scaled < 1e14:
        return None
    whole = math.floor(scaled)
    return max(1, whole + (1 if scaled - whole >= 0.5 else 0))


def cholesky(matrix):
    factor = []
    for row, correlations in enumerate(matrix):
        entries = []
        for column in range(row):
            total = 0.0
            for a, b in zip(entries, factor[column]):
                total += a * b
            entries.append((correlations[column] - total) / factor[column][column])
        left = 0.0
        for entry in entries:
            left += entry * entry
        factor.append(entries + [math.sqrt(1.0 - left)])
    return [[(stock, weight) for stock, weight in enumerate(row) if weight != 0.0] for row in factor]


def ticks():
    near = {max(0, 2**k + d) for k in range(21) for d in (-2, -1, 0, 1, 2)}
    return sorted(near | set(range(70)) | set(range(6_700, 6_740)) | {n * 99_991 for n in range(1, 29)})


def write(name, stocks):
    lines = ["symbol,date,value,close\n"]
    for symbol, kind, model in stocks:
        for tick in ticks():
            day = FIRST + timedelta(tick)
            if kind == "uniform":
                bits, close = "", model(day)
            else:
                value = model(tick)
                bits, close = f"{bits_of(value):016x}", cents(value)
            close = "" if close is None else f"{close // 100}.{close % 100:02}"
            lines.append(f"{symbol},{day},{bits},{close}\n")
    (Path(__file__).resolve().parent / name).write_text("".join(lines))


def stocks(weights):
    years = 1.0 / 365.0
    made = [
        ("UNI", "uniform", lambda day: uniform_close("128.25", 0, day)),
        ("GBM", "path", gbm(100.0, 0.07, 0.22, 1, weights[1], years)),
        ("MERTON", "path", merton(100.0, 0.08, 0.15, 40.0, -0.02, 0.05, 2, weights[2], years)),
        ("OU", "path", ou(120.0, 70.0, 3.0, 0.3, 3, weights[3], years)),
        ("WILD", "path", gbm(0.5, -0.1, 0.9, 4, weights[4], years)),
        ("JUMPY", "path", merton(37.91, 0.05, 0.1, 20_000.0, 0.0001, 0.001, 5, weights[5], years)),
    ]
    return made


def main():
    write("alone.csv", stocks([[(stock, 1.0)] for stock in range(6)]))
    correlations = [[1.0, 0.1, 0.2, 0.0, -0.3, 0.1],
                    [0.1, 1.0, 0.6, 0.25, -0.4, 0.3],
                    [0.2, 0.6, 1.0, 0.0, -0.1, 0.5],
                    [0.0, 0.25, 0.0, 1.0, 0.35, -0.2],
                    [-0.3, -0.4, -0.1, 0.35, 1.0, 0.0],
                    [0.1, 0.3, 0.5, -0.2, 0.0, 1.0]]
    write("correlated.csv", stocks(cholesky(correlations)))


main()
