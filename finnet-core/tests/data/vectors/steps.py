"""The models of finnet-core that go by steps, written a second time in doubles: makes steps.csv beside this file.

Run it in this folder: `python3 steps.py`. One market of calendar days from 2000-01-03 on, 365 a year, seed 42, all
stocks correlated; they are defined in `main` below, and once more in ../../vectors.rs. Columns as in alone.csv.
"""

import math
from datetime import date, timedelta
from pathlib import Path

from numerics import bits_of, exp, exp_m1, ln, normal, pair64

SEED, FIRST, YEARS, LAST = 42, date(2000, 1, 3), 1.0 / 365.0, 5000
DIFFUSION, VARIANCE, BLOCK = 2, 5, 6

# Cody, "Rational Chebyshev approximations for the error function" (1969), from the constant on.
NEAR = ([3.20937758913846947e3, 3.77485237685302021e2, 1.13864154151050156e2, 3.16112374387056560e0,
         1.85777706184603153e-1],
        [2.84423683343917062e3, 1.28261652607737228e3, 2.44024637934444173e2, 2.36012909523441209e1, 1.0])
MIDDLE = ([1.23033935479799725e3, 2.05107837782607147e3, 1.71204761263407058e3, 8.81952221241769090e2,
           2.98635138197400131e2, 6.61191906371416295e1, 8.88314979438837594e0, 5.64188496988670089e-1,
           2.15311535474403846e-8],
          [1.23033935480374942e3, 3.43936767414372164e3, 4.36261909014324716e3, 3.29079923573345963e3,
           1.62138957456669019e3, 5.37181101862009858e2, 1.17693950891312499e2, 1.57449261107098347e1, 1.0])
FAR = ([6.58749161529837803e-4, 1.60837851487422766e-2, 1.25781726111229246e-1, 3.60344899949804439e-1,
        3.05326634961232344e-1, 1.63153871373020978e-2],
       [2.33520497626869185e-3, 6.05183413124413191e-2, 5.27905102951428412e-1, 1.87295284992346725e0,
        2.56852019228982242e0, 1.0])


def horner(coefficients, x):
    value = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = value * x + c
    return value


def normal_probability(x):
    root_half = math.sqrt(0.5)
    distance, y = abs(x), abs(x) * root_half
    ratio = lambda rational, at: horner(rational[0], at) / horner(rational[1], at)
    if y <= 0.46875:
        return 0.5 + 0.5 * x * root_half * ratio(NEAR, y * y)
    if distance > 39.0:
        return 0.0 if x < 0.0 else 1.0
    coarse = math.floor(distance * 16.0) / 16.0
    bell = exp(-0.5 * coarse * coarse) * exp(-0.5 * (distance - coarse) * (distance + coarse))
    square = 1.0 / (y * y)
    scaled = ratio(MIDDLE, y) if y <= 4.0 else (0.56418958354775628 - square * ratio(FAR, square)) / y
    beyond = 0.5 * bell * scaled
    return beyond if x < 0.0 else 1.0 - beyond


class Motion:
    """Brownian motion of variance 1 a tick: powers of two one after the other, between them by halving."""

    def __init__(self, weights):
        self.weights, self.known = weights, {0: 0.0}

    def shock(self, tick):
        level = (tick & -tick).bit_length() - 1
        odd = tick >> level
        total = 0.0
        for stock, weight in self.weights:
            total += weight * normal(pair64(SEED, [stock, odd >> 2, level, DIFFUSION])[odd >> 1 & 1])
        return total

    def at(self, tick):
        if tick not in self.known:
            step = tick & -tick
            if step == tick:
                self.known[tick] = self.at(tick // 2) + math.sqrt(float(tick - tick // 2)) * self.shock(tick)
            else:
                middle = 0.5 * (self.at(tick - step) + self.at(tick + step))
                self.known[tick] = middle + math.sqrt(step / 2.0) * self.shock(tick)
        return self.known[tick]


def gbm(weights, start, drift, volatility):
    motion = Motion(weights)
    growth, deviation = (drift - volatility * volatility / 2.0) * YEARS, volatility * math.sqrt(YEARS)
    return [start * exp(float(tick) * growth + deviation * motion.at(tick)) for tick in range(LAST + 1)]


def heston(number, weights, start, mu, v, theta, kappa, sigma, rho):
    motion = Motion(weights)
    rho = rho if sigma >= 1e-9 else 0.0
    ratio = rho / sigma if sigma >= 1e-9 else 0.0
    gone = -exp_m1(-kappa * YEARS)
    span, square, growth = gone / kappa, sigma * sigma, mu * YEARS
    k2, k3 = 0.5 * YEARS * (kappa * ratio - 0.5) + ratio, 0.5 * YEARS * (1.0 - rho * rho)
    a_, rest = k2 + 0.5 * k3, math.sqrt(1.0 - rho * rho)
    x, values = 0.0, [start]
    for tick in range(1, LAST + 1):
        price = motion.at(tick) - motion.at(tick - 1)
        own = normal(pair64(SEED, [number, tick >> 1, 0, VARIANCE])[tick & 1])
        z, y = rho * price + rest * own, rest * price - rho * own
        m = theta * gone + (1.0 - gone) * v
        s2 = 0.5 * theta * square * span * gone + square * span * (1.0 - gone) * v
        if s2 <= 0.0 or m < 1e-100:
            after, push = m, -0.5 * k3 * m
        elif s2 / (m * m) <= 1.5:
            two = 2.0 / (s2 / (m * m))
            b2 = two - 1.0 + math.sqrt(two) * math.sqrt(two - 1.0)
            a, b = m / (1.0 + b2), math.sqrt(b2)
            aa = a_ * a
            left = 1.0 - 2.0 * aa
            push = aa * (2.0 * b * z + z * z - 2.0 * aa * b2 / left) + 0.5 * ln(left)
            after = a * (b + z) * (b + z)
            push = push - 0.5 * k3 * after
        else:
            some = 2.0 / (s2 / (m * m) + 1.0)
            beta, above = some / m, normal_probability(-z)
            after = ln(some / above) / beta if above < some else 0.0
            push = k2 * after - ln(1.0 + some * a_ / (beta - a_))
        x += growth - 0.5 * k3 * v + push + math.sqrt(k3 * (v + after)) * y
        v = after
        values.append(start * exp(x))
    return values


def bootstrap(number, start, past, block):
    returns = [ln(b / a) for a, b in zip(past, past[1:])]
    x, after, values = 0.0, None, [start]
    for tick in range(1, LAST + 1):
        whether, which = pair64(SEED, [number, tick, 0, BLOCK])
        at = which * len(returns) >> 64 if after is None or whether * block >> 64 == 0 else after
        after = (at + 1) % len(returns)
        x += returns[at]
        values.append(start * exp(x))
    return values


def cents(value):
    scaled = value * 100.0
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


def main():
    weights = cholesky([[1.0, 0.1, 0.2, 0.0, -0.3],
                        [0.1, 1.0, 0.6, 0.25, -0.4],
                        [0.2, 0.6, 1.0, 0.0, -0.1],
                        [0.0, 0.25, 0.0, 1.0, 0.35],
                        [-0.3, -0.4, -0.1, 0.35, 1.0]])
    past = [10.0, 10.21, 9.87, 9.99, 10.40, 10.37, 9.80, 9.95, 10.55, 10.70, 10.13]
    stocks = [
        ("GBM", gbm(weights[0], 100.0, 0.07, 0.22)),
        ("CALM", heston(1, weights[1], 100.0, 0.07, 0.04, 0.05, 2.0, 0.4, -0.7)),
        ("WILD", heston(2, weights[2], 100.0, 0.03, 0.04, 0.02, 1.0, 1.5, 0.5)),
        ("FIRM", heston(3, weights[3], 100.0, 0.03, 0.04, 0.02, 1.0, 0.0, 0.5)),
        ("PAST", bootstrap(4, 50.0, past, 4)),
    ]
    near = {max(0, 2**k + d) for k in range(13) for d in (-2, -1, 0, 1, 2)}
    ticks = sorted(near | set(range(70)) | set(range(0, LAST + 1, 97)))
    lines = ["symbol,date,value,close\n"]
    for symbol, values in stocks:
        for tick in ticks:
            close = cents(values[tick])
            day = FIRST + timedelta(tick)
            lines.append(f"{symbol},{day},{bits_of(values[tick]):016x},{close // 100}.{close % 100:02}\n")
    (Path(__file__).resolve().parent / "steps.csv").write_text("".join(lines))


main()
