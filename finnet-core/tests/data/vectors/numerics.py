"""The numbers of finnet-core's price models, written a second time: Philox, exp, ln, normal, Poisson, binomial.

Only Python's standard library; + - * / and sqrt of IEEE doubles, which are the same everywhere. Written from the
papers and from the documentation of finnet_core::number, not from its code; the constants of exp and ln are computed
here with 60 digits, not copied. What these functions and models.py return is published in the CSV files beside them.
"""

import math
import struct
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

getcontext().prec = 60
MASK32, MASK64 = 2**32 - 1, 2**64 - 1


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


# Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011), Philox4x32-10.
def philox(seed, counter):
    key = [seed & MASK32, seed >> 32]
    c = list(counter)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ key[0], p1 & MASK32, (p0 >> 32) ^ c[3] ^ key[1], p0 & MASK32]
        key = [(key[0] + 0x9E3779B9) & MASK32, (key[1] + 0xBB67AE85) & MASK32]
    return c


def pair64(seed, counter):
    a, b, c, d = philox(seed, counter)
    return [b << 32 | a, d << 32 | c]


assert philox(0, [0] * 4) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]  # Random123, kat_vectors


def of_market(seed, index):
    return pair64(seed, [index, 0, 0, 1])[0]


# Constants: the nearest double (or multiple of 2^-places) and the double nearest to the rest.
def nearest(exact):
    value = float(exact)
    return value, float(exact - Decimal(value))


def coarse(exact, places):
    value = (exact * 2**places).to_integral_value(ROUND_HALF_EVEN) / Decimal(2**places)
    return float(value), float(exact - value)


LN2 = Decimal(2).ln()
POWERS = [nearest(Decimal(2) ** (Decimal(j) / 128)) for j in range(128)]
LOGS = [coarse((1 + Decimal(i) / 128).ln() - (LN2 if i >= 54 else 0), 41) for i in range(129)]
STEPS, STEP, LN_2 = float(128 / LN2), coarse(LN2 / 128, 42), coarse(LN2, 41)


def exp_parts(x):
    """x = steps * ln 2 / 128 + r; the nearest whole number of steps, half to even."""
    shifted = x * STEPS + 6755399441055744.0
    steps = shifted - 6755399441055744.0
    return int(steps), (x - steps * STEP[0]) - steps * STEP[1]


def exp(x):
    if x != x:
        return x
    if x > 709.79:
        return math.inf
    if x < -745.14:
        return 0.0
    steps, r = exp_parts(x)
    scale, (power, rest) = steps >> 7, POWERS[steps & 127]
    series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))))
    mantissa = power + (power * series + rest)
    # A scaling by a power of two is exact, but at the ends, where it is made in two steps.
    half = scale // 2 if scale >= 0 else -(-scale // 2)
    if abs(x) < 708.0:
        return mantissa * 2.0**scale
    return mantissa * 2.0**half * 2.0 ** (scale - half)


def exp_m1(x):
    if x != x or x > 40.0:
        return exp(x)
    if x < -40.0:
        return -1.0
    if x == 0.0:
        return x
    if abs(x) < 0.0625:
        tail = 1.0 / 3628800.0
        for factorial in [362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0]:
            tail = tail * x + 1.0 / factorial
        return x + x * (x * tail)
    steps, r = exp_parts(x)
    factor = 2.0 ** (steps >> 7)
    power, rest = (part * factor for part in POWERS[steps & 127])
    series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0))))
    whole = power - 1.0
    lost = (power - whole) - 1.0 if power >= 1.0 else power - (whole + 1.0)
    return whole + (lost + (power * series + rest))


def ln(x):
    if x != x or x < 0.0:
        return math.nan
    if x == 0.0:
        return -math.inf
    if x == math.inf:
        return x
    below = 0
    if x < 2.2250738585072014e-308:
        x, below = x * 2.0**54, 54
    mantissa, exponent = math.frexp(x)
    mantissa, exponent = mantissa * 2.0, exponent - 1 - below
    # The nearest of the 129 points; what lies half way goes up.
    i = math.floor((mantissa - 1.0) * 128.0 + 0.5)
    near = 1.0 + i / 128.0
    k = exponent + (1 if i >= 54 else 0)
    above = mantissa - near
    r = above / near
    upper = struct.unpack("<d", struct.pack("<Q", bits_of(r) & ~0x3FF))[0]
    lower = (above - upper * near) / near
    whole, rest = k * LN_2[0] + LOGS[i][0], k * LN_2[1] + LOGS[i][1]
    total = whole + upper
    lost = (whole - total) + upper + lower
    tail = r * r * (-0.5 + r * (1.0 / 3.0 + r * (-0.25 + r * (0.2 + r * (-1.0 / 6.0 + r * (1.0 / 7.0))))))
    return total + (lost + (rest + tail))


# Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (1988), PPND16.
A = [3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3]
B = [1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3]
C = [1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4]
D = [1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9]
E = [6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7]
F = [1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15]


def estrin(c, x):
    """Pairs of terms, pairs of pairs."""
    square = x * x
    low = (c[0] + c[1] * x) + (c[2] + c[3] * x) * square
    high = (c[4] + c[5] * x) + (c[6] + c[7] * x) * square
    return low + high * (square * square)


def normal(bits):
    """The quantile of (bits + 1/2) / 2^64."""
    upper = bits >= 2**63
    from_end = MASK64 - bits if upper else bits
    from_median = (float(2**63 - 1 - from_end) + 0.5) * 2.0**-64
    if from_median <= 0.425:
        r = 0.180625 - from_median * from_median
        value = from_median * (estrin(A, r) / estrin(B, r))
    else:
        r = math.sqrt(-ln((float(from_end) + 0.5) * 2.0**-64))
        value = estrin(C, r - 1.6) / estrin(D, r - 1.6) if r <= 5.0 else estrin(E, r - 5.0) / estrin(F, r - 5.0)
    return value if upper else -value


def uniform(bits):
    return (float(bits >> 12) + 0.5) * 2.0**-52


def ln_factorial(n):
    if n < 16.0:
        return ln(float(math.factorial(int(n))))
    inverse = 1.0 / n
    square = inverse * inverse
    series = 1.0 / 12.0 - square * (
        1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)))
    return (n + 0.5) * ln(n) - n + 0.9189385332046727 + inverse * series


# Hörmann 1993: the transformed rejections PTRS and BTRS.
def transformed(spread, lean, middle, sure, most, draw, likely):
    attempt = 0
    while True:
        u, v = (uniform(bits) for bits in draw(attempt))
        u -= 0.5
        edge = 0.5 - abs(u)
        count = float(math.floor((2.0 * lean / edge + spread) * u + middle))
        if 0.0 <= count <= most:
            if edge >= 0.07 and v <= sure:
                return int(count)
            if not (edge < 0.013 and v > edge) and likely(count, v / (lean / (edge * edge) + spread)):
                return int(count)
        attempt += 1


def poisson(mean, draw):
    if not 0.0 < mean <= 1e12:
        return 0
    if mean < 10.0:
        left, count, probability = uniform(draw(0)[0]), 0, exp(-mean)
        while left > probability and probability >= 2.0**-54:
            left -= probability
            count += 1
            probability = probability * mean / count
        return count
    spread = 0.931 + 2.53 * math.sqrt(mean)
    lean = -0.059 + 0.02483 * spread
    scale = 1.1239 + 1.1328 / (spread - 3.4)
    sure = 0.9277 - 3.6224 / (spread - 2.0)
    ln_mean = ln(mean)
    return transformed(spread, lean, mean + 0.43, sure, math.inf, draw,
                       lambda count, at: ln(at * scale) <= count * ln_mean - mean - ln_factorial(count))


def binomial_half(of, draw):
    if of <= 512:
        # A random bit each, lowest first.
        count, attempt = 0, 0
        while of > 0:
            for word in draw(attempt):
                taken = min(of, 64)
                count += bin(word & (2**taken - 1)).count("1")
                of -= taken
            attempt += 1
        return count
    if of > 2**40:
        return of // 2
    n = float(of)
    deviation = math.sqrt(n) / 2.0
    spread = 1.15 + 2.53 * deviation
    lean = -0.0873 + 0.0248 * spread + 0.005
    scale = (2.83 + 5.1 / spread) * deviation
    mode = float((of + 1) // 2)
    top = ln_factorial(mode) + ln_factorial(n - mode)
    return transformed(spread, lean, n / 2.0 + 0.5, 0.92 - 4.2 / spread, n, draw,
                       lambda count, at: ln(at * scale) <= top - ln_factorial(count) - ln_factorial(n - count))
