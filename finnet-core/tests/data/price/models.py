"""Closes, bars and ticks of every model, computed apart from finnet-core: writes models.csv.

Needs Python 3.9 or later and mpmath 1.3 (BSD). Run it in this folder: `python3 models.py`; it takes a minute. Philox is
written from Salmon et al. (2011), the scheme from Andersen (2008) in the paper's own terms, everything else with 40
digits and the true functions, and rounded once. tests/price_models.rs builds the same market and expects the same
decimals; prices near 10^8 make two of them 10 digits of a path.

models.csv: `stock,session,what,value`. `close`; the bar's `open`, `high`, `low`, `volume`; `tick100`, the price of tick
100 (from 0 on), and `at100`, its time in nanoseconds since 1970.
"""

from datetime import date, timedelta
from pathlib import Path

from mpmath import erfc, erfinv, exp, floor, log, mp, mpf, sqrt

mp.dps = 40
HERE = Path(__file__).resolve().parent
SEED, FIRST, PER_YEAR, NIGHT = 2026, date(2000, 1, 3), 252, mpf("0.25")
UNIFORM, DIFFUSION, JUMP_COUNT, JUMP_SIZE, VARIANCE, BLOCK, TRADE = 0, 2, 3, 4, 5, 6, 7
MASK = 0xFFFFFFFF
SESSIONS = [0, 1, 2, 9, 30, 100, 255, 256, 500, 1000]
# The closes of REAL, day by day and round again.
REPLAYED = [100_000_000, 101_500_000, 99_250_000, 99_800_000, 103_000_000, 102_000_000, 98_000_000]


def pair(*counter):
    """Two 64-bit numbers of Philox4x32-10 under the seed."""
    c, k = list(counter), [SEED & MASK, SEED >> 32]
    for _ in range(10):
        one, two = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [two >> 32 ^ c[1] ^ k[0], two & MASK, one >> 32 ^ c[3] ^ k[1], one & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c[1] << 32 | c[0], c[3] << 32 | c[2]


def normal(bits):
    return sqrt(mpf(2)) * erfinv(2 * (mpf(bits) + mpf("0.5")) / mpf(2) ** 64 - 1)


def probability(x):
    return erfc(-x / sqrt(mpf(2))) / 2


class Motion:
    """Brownian motion of variance 1 a tick: powers of two one after the other, between them by halving."""

    def __init__(self, weights):
        self.weights, self.known = weights, {0: mpf(0)}

    def shock(self, tick):
        level = (tick & -tick).bit_length() - 1
        odd = tick >> level
        draw = lambda stock: normal(pair(stock, odd >> 2, level, DIFFUSION)[odd >> 1 & 1])
        return sum(weight * draw(stock) for stock, weight in self.weights)

    def at(self, tick):
        if tick not in self.known:
            step = tick & -tick
            if step == tick:
                before = self.at(tick // 2)
                value = before + sqrt(mpf(tick - tick // 2)) * self.shock(tick)
            else:
                value = (self.at(tick - step) + self.at(tick + step)) / 2 + sqrt(mpf(step) / 2) * self.shock(tick)
            self.known[tick] = value
        return self.known[tick]


def gbm(weights, start, drift, volatility):
    motion, dt = Motion(weights), mpf(1) / PER_YEAR
    for tick in range(SESSIONS[-1] + 1):
        w = motion.at(tick) * sqrt(dt)
        yield start * exp((drift - volatility**2 / 2) * tick * dt + volatility * w), volatility * sqrt(dt)


class Jumps:
    """Number and sum of the jumps by node, as Motion has W: powers of two one after the other, then halves."""

    def __init__(self, number, per_tick):
        self.number, self.per_tick, self.known = number, per_tick, {0: (0, mpf(0))}

    def bits(self, tick):
        """128 random bits after 128 random bits, a bit a jump."""
        attempt = 0
        while True:
            for word in pair(self.number, tick, attempt, JUMP_COUNT):
                for bit in range(64):
                    yield word >> bit & 1
            attempt += 1

    def poisson(self, tick, mean):
        """By inversion, of the upper 52 of the first 64 bits."""
        assert mean < 10
        left = (mpf(pair(self.number, tick, 0, JUMP_COUNT)[0] >> 12) + mpf("0.5")) / mpf(2) ** 52
        count, p = 0, exp(-mean)
        while left > p:
            left, count = left - p, count + 1
            p *= mean / count
        return count

    def size(self, tick):
        level = (tick & -tick).bit_length() - 1
        odd = tick >> level
        return normal(pair(self.number, odd >> 2, level, JUMP_SIZE)[odd >> 1 & 1])

    def at(self, tick):
        if tick not in self.known:
            step = tick & -tick
            if step == tick:
                count, total = self.at(tick // 2)
                more = self.poisson(tick, self.per_tick * (tick - tick // 2))
                self.known[tick] = (count + more, total + sqrt(mpf(more)) * self.size(tick))
            else:
                (first, low), (last, high) = self.at(tick - step), self.at(tick + step)
                n = last - first
                half = sum(bit for bit, _ in zip(self.bits(tick), range(n)))
                total = low
                if n:
                    share = mpf(half) / n
                    total = low + share * (high - low) + sqrt(half * (1 - share)) * self.size(tick)
                self.known[tick] = (first + half, total)
        return self.known[tick]


def merton(number, start, drift, volatility, intensity, mean, deviation):
    motion, jumps, dt = Motion([(number, mpf(1))]), Jumps(number, intensity / PER_YEAR), mpf(1) / PER_YEAR
    growth = drift - volatility**2 / 2 - intensity * (exp(mean + deviation**2 / 2) - 1)
    for tick in range(SESSIONS[-1] + 1):
        count, total = jumps.at(tick)
        w = motion.at(tick) * sqrt(dt)
        jumped = mean * count + deviation * total
        yield start * exp(growth * tick * dt + volatility * w + jumped), volatility * sqrt(dt)


class Reverting(Motion):
    """dx = -kappa x dt + sigma dW from x: the law of a value given one before, or one on each side."""

    def __init__(self, weights, x, kappa, sigma):
        self.weights, self.known, self.kappa, self.sigma = weights, {0: x}, kappa, sigma

    def variance(self, ticks):
        return self.sigma**2 * (1 - exp(-2 * self.kappa * ticks)) / (2 * self.kappa)

    def at(self, tick):
        if tick not in self.known:
            step = tick & -tick
            if step == tick:
                gone = tick - tick // 2
                mean, variance = exp(-self.kappa * gone) * self.at(tick // 2), self.variance(gone)
            else:
                # Of a and b at both ends: b = e^(-ks) x + noise, so x given b has the precision of both.
                kept, one = exp(-self.kappa * step), self.variance(step)
                variance = 1 / (1 / one + kept**2 / one)
                mean = variance * kept * (self.at(tick - step) + self.at(tick + step)) / one
            self.known[tick] = mean + sqrt(variance) * self.shock(tick)
        return self.known[tick]


def ou(number, start, level, kappa, sigma):
    """The scale of a day is that of the process over a tick from a known value."""
    path = Reverting([(number, mpf(1))], log(start / level), kappa / PER_YEAR, sigma / sqrt(mpf(PER_YEAR)))
    for tick in range(SESSIONS[-1] + 1):
        yield level * exp(path.at(tick)), sqrt(path.variance(1))


def noise(number, base):
    """The scale of a day is the deviation of the difference of two closes, to the base."""
    for tick in range(SESSIONS[-1] + 1):
        day = (FIRST + timedelta(days=tick)).toordinal()
        u = mpf(pair(number, day, 0, UNIFORM)[0] >> 11) / mpf(2) ** 53
        yield base * (1 + (2 * u - 1) / 20), sqrt(mpf(2) * mpf("0.1") ** 2 / 12)


def replay():
    """A close for each day; the scale of a day is its own growth."""
    closes = [REPLAYED[tick % len(REPLAYED)] for tick in range(SESSIONS[-1] + 1)]
    for tick, close in enumerate(closes):
        yield mpf(close), abs(log(mpf(close) / closes[max(tick - 1, 0)]))


def heston(number, weights, start, mu, v0, theta, kappa, sigma, rho):
    motion, dt = Motion(weights), mpf(1) / PER_YEAR
    g1 = g2 = mpf("0.5")
    k1 = g1 * dt * (kappa * rho / sigma - mpf("0.5")) - rho / sigma
    k2 = g2 * dt * (kappa * rho / sigma - mpf("0.5")) + rho / sigma
    k3, k4 = g1 * dt * (1 - rho**2), g2 * dt * (1 - rho**2)
    a_ = k2 + k4 / 2
    e = exp(-kappa * dt)
    x, v = mpf(0), v0
    yield start, sqrt(v0 * dt)
    for tick in range(1, SESSIONS[-1] + 1):
        w = motion.at(tick) - motion.at(tick - 1)
        own = normal(pair(number, tick >> 1, 0, VARIANCE)[tick & 1])
        z, y = rho * w + sqrt(1 - rho**2) * own, sqrt(1 - rho**2) * w - rho * own
        m = theta + (v - theta) * e
        s2 = v * sigma**2 * e * (1 - e) / kappa + theta * sigma**2 * (1 - e) ** 2 / (2 * kappa)
        psi = s2 / m**2
        if psi <= mpf("1.5"):
            b2 = 2 / psi - 1 + sqrt(2 / psi) * sqrt(2 / psi - 1)
            a = m / (1 + b2)
            after = a * (sqrt(b2) + z) ** 2
            k0 = -a_ * b2 * a / (1 - 2 * a_ * a) + log(1 - 2 * a_ * a) / 2 - (k1 + k3 / 2) * v
        else:
            p = (psi - 1) / (psi + 1)
            beta = (1 - p) / m
            u = probability(z)
            after = mpf(0) if u <= p else log((1 - p) / (1 - u)) / beta
            k0 = -log(p + beta * (1 - p) / (beta - a_)) - (k1 + k3 / 2) * v
        x += mu * dt + k0 + k1 * v + k2 * after + sqrt(k3 * v + k4 * after) * y
        yield start * exp(x), sqrt((v + after) / 2 * dt)
        v = after


def bootstrap(number, start, past, block):
    returns = [log(mpf(b) / mpf(a)) for a, b in zip(past, past[1:])]
    count, mean = len(returns), sum(returns) / len(returns)
    deviation = sqrt(sum((r - mean) ** 2 for r in returns) / count)
    x, after = mpf(0), None
    yield start, deviation
    for tick in range(1, SESSIONS[-1] + 1):
        whether, which = pair(number, tick, 0, BLOCK)
        at = which * count >> 64 if after is None or whether * block >> 64 == 0 else after
        after = (at + 1) % count
        x += returns[at]
        yield start * exp(x), deviation


def cents(value):
    """Rounded half up, in cents."""
    return max(int(floor(value * 100 + mpf("0.5"))), 1)


def text(amount):
    return f"{amount // 100}.{amount % 100:02}"


def trades(number, session, before, close, deviation):
    draws = [pair(number, session.toordinal(), trade, TRADE) for trade in range(257)]
    z = [normal(draw[0]) for draw in draws]
    c, p = mpf(before) / 100, mpf(close) / 100
    x = log(p / c)
    gap = NIGHT * x + deviation * sqrt(NIGHT * (1 - NIGHT)) * z[0]
    walk = [mpf(0)]
    for shock in z[1:256]:
        walk.append(walk[-1] + shock)
    mean = 100 * exp(z[256] / 2)
    for j in range(256):
        part = mpf(j) / 255
        bridge = deviation * sqrt((1 - NIGHT) / 255) * (walk[j] - part * walk[255])
        price = close if j == 255 else cents(c * exp(gap + part * (x - gap) + bridge))
        size = mpf(draws[j][1] & MASK) + mpf("0.5")
        yield price, 1 + int(floor(-mean * log(size / mpf(2) ** 32))), draws[j][1] >> 32


def main():
    half = (1, [(0, mpf("0.5")), (1, sqrt(mpf("0.75")))])
    start = mpf(10) ** 8
    n = lambda *values: [mpf(value) for value in values]
    past = [100, 102, 99, 101, 104, 103, 98, 99, 105, 107, 101]
    stocks = [
        ("GBM", gbm([(0, mpf(1))], start, *n("0.07", "0.22"))),
        ("CALM", heston(half[0], half[1], start, *n("0.07", "0.04", "0.05", "2", "0.4", "-0.7"))),
        ("WILD", heston(2, [(2, mpf(1))], start, *n("0.03", "0.04", "0.04", "1", "0.6", "-0.5"))),
        ("PAST", bootstrap(3, start, past, 3)),
        ("MERTON", merton(4, start, *n("0.08", "0.15", "2", "-0.05", "0.08"))),
        ("OU", ou(5, *n("120000000", "70000000", "3", "0.3"))),
        ("UNI", noise(6, start)),
        ("REAL", replay()),
    ]
    rows = ["stock,session,what,value\n"]
    for number, (name, path) in enumerate(stocks):
        path = list(path)
        for tick in SESSIONS:
            session = FIRST + timedelta(days=tick)
            close = cents(path[tick][0])
            row = lambda what, value: rows.append(f"{name},{session},{what},{value}\n")
            row("close", text(close))
            before = cents(path[max(tick - 1, 0)][0])
            all_ = list(trades(number, session, before, close, path[tick][1]))
            prices = [price for price, _, _ in all_]
            row("open", text(prices[0]))
            row("high", text(max(prices)))
            row("low", text(min(prices)))
            row("volume", sum(size for _, size, _ in all_))
            row("tick100", text(prices[100]))
            # New York in winter: open from 14:30 to 21:00 UTC; no clock change lies between the sessions asked for.
            if session.weekday() < 5 and tick in (0, 1, 2, 9, 30):
                opens = (session.toordinal() - date(1970, 1, 1).toordinal()) * 86400 + 14 * 3600 + 1800
                passed = 6 * 3600 + 1800
                row("at100", opens * 10**9 + (passed * 10**9 * ((100 << 32) + all_[100][2]) >> 40))
    (HERE / "models.csv").write_text("".join(rows))


main()
