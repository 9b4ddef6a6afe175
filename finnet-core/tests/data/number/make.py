"""Makes the table of finnet-core/src/number/table.rs and the reference values beside this file.

Needs Python 3.9 or later and mpmath 1.3 (BSD); 80 digits are computed and rounded once. Run it in this folder:
`python3 make.py`. It writes

- ../../../src/number/table.rs: 2^(j/128) and ln(1 + i/128), each as a double and what is left of it as another;
- exp.csv, exp_m1.csv, ln.csv, normal_quantile.csv, normal_probability.csv: `argument,value,rest`, the bits of three doubles in hexadecimal.
  The true value is `value` + `rest`, `value` the nearest double. Where it is below the normal doubles, `rest` is 0.
"""

import random
import struct
from pathlib import Path

import mpmath
from mpmath import mp, mpf

mp.dps = 80
HERE = Path(__file__).resolve().parent


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def split(exact):
    """The nearest double, and the double nearest to the rest."""
    value = float(exact)
    return value, float(exact - mpf(value))


def coarse(exact, places):
    """The multiple of 2^-places nearest to it, and the double nearest to the rest."""
    value = mpmath.nint(mpmath.ldexp(exact, places))
    value = mpmath.ldexp(value, -places)
    assert mpf(float(value)) == value
    return float(value), float(exact - value)


def rows(pairs):
    return "".join(f"    ({a!r}, {b!r}),\n" for a, b in pairs)


def table():
    powers = [split(mpf(2) ** (mpf(j) / 128)) for j in range(128)]
    logs = []
    for i in range(129):
        m = 1 + mpf(i) / 128
        logs.append(coarse(mpmath.log(m if i < HALVED else m / 2), 41))
    ln2 = coarse(mpmath.log(2), 41)
    # 35 bits: times an integer of 18 bits it is exact.
    step = coarse(mpmath.log(2) / 128, 42)
    text = f'''//! Constants of [`exp`](super::exp) and [`ln`](super::ln), each a double and what is left of the true value.
//!
//! Made with 80 digits by `finnet-core/tests/data/number/make.py`.
#![expect(clippy::unreadable_literal, clippy::approx_constant, reason = "the shortest digits that give these doubles")]

/// 128 ÷ ln 2.
pub(super) const STEPS: f64 = {float(128 / mpmath.log(2))!r};

/// ln 2 ÷ 128: a multiple of 2⁻⁴², and the rest.
pub(super) const STEP: (f64, f64) = {step!r};

/// ln 2: a multiple of 2⁻⁴¹, and the rest.
pub(super) const LN_2: (f64, f64) = {ln2!r};

/// The first row of [`LOGS`] that is of the halved number.
pub(super) const HALVED: usize = {HALVED};

/// 2^(j/128): the nearest double, and the rest.
#[rustfmt::skip]
pub(super) const POWERS: [(f64, f64); 128] = [
{rows(powers)}];

/// ln(1 + i/128), from row [`HALVED`] on ln((1 + i/128) ÷ 2): a multiple of 2⁻⁴¹, and the rest.
#[rustfmt::skip]
pub(super) const LOGS: [(f64, f64); 129] = [
{rows(logs)}];
'''
    (HERE / "../../../src/number/table.rs").write_text(text)


HALVED = 54


def reference(name, function, arguments):
    lines = ["argument,value,rest\n"]
    for x in arguments:
        exact = function(mpf(x))
        value, rest = split(exact)
        if abs(value) < 2.2250738585072014e-308:
            rest = 0.0
        lines.append(f"{bits(x):016x},{bits(value):016x},{bits(rest):016x}\n")
    (HERE / f"{name}.csv").write_text("".join(lines))


def near(draw, center, ulps=3):
    """A double and its neighbours."""
    start = bits(center)
    return [struct.unpack("<d", struct.pack("<Q", start + k))[0] for k in range(-ulps, ulps + 1)]


def main():
    table()
    draw = random.Random(241)
    uniform = draw.uniform
    small = [uniform(-1, 1) * 2.0 ** -draw.randrange(0, 60) for _ in range(400)]
    exps = small + [uniform(-1, 1) for _ in range(300)] + [uniform(-40, 40) for _ in range(300)]
    exps += [uniform(-708, 709) for _ in range(200)] + [709.782712893384, -708.3964185322641]
    exps += [x for k in range(-20, 20) for x in near(draw, (k + 0.5) * 0.005415212348514945, 1)]
    reference("exp", mpmath.exp, exps + [uniform(-745, -708) for _ in range(50)])
    reference("exp_m1", mpmath.expm1, exps + [0.0])
    logs = [uniform(0.5, 2) for _ in range(300)] + [1 + uniform(-1, 1) * 2.0 ** -draw.randrange(2, 50) for _ in range(400)]
    logs += [2.0 ** uniform(-1022, 1023.9) for _ in range(200)] + [uniform(0, 1) for _ in range(200)]
    logs += [x for i in range(0, 128, 3) for x in near(draw, 1 + (i + 0.5) / 128, 1)]
    logs += near(draw, 1.0) + [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e-310]
    logs += [2.0 ** uniform(-1074, -1022) for _ in range(40)]
    reference("ln", mpmath.log, logs)

    def quantile(p):
        # Newton from a start good to 9 digits; the tail that is small is the one compared.
        sign, tail = (-1, p) if p < 0.5 else (1, 1 - p)
        if p == 0.5:
            return mpf(0)
        x = mpmath.findroot(lambda x: mpmath.log(mpmath.erfc(x / mpmath.sqrt(2)) / 2) - mpmath.log(tail),
                            mpmath.sqrt(max(-2 * mpmath.log(2 * tail), mpf(0))) * mpf("0.9") + mpf("0.01") if tail < 0.1
                            else mpmath.sqrt(2 * mpmath.pi) * (mpf("0.5") - tail))
        return sign * x

    tails = [uniform(0, 1) for _ in range(400)] + [0.5 + uniform(-1, 1) * 2.0 ** -draw.randrange(1, 50) for _ in range(300)]
    tails += [2.0 ** -uniform(1, 70) for _ in range(200)] + [1 - 2.0 ** -uniform(1, 52) for _ in range(100)]
    tails += near(draw, 0.075) + near(draw, 0.925) + [10.0 ** -uniform(20, 300) for _ in range(50)] + [0.5]
    reference("normal_quantile", quantile, tails)
    # The probability of a far tail is no difference from 1: it is that of the other side.
    points = [uniform(-37.5, 0) for _ in range(200)] + [uniform(-7, 7) for _ in range(400)]
    points += [uniform(-1, 1) * 2.0 ** -draw.randrange(0, 50) for _ in range(200)] + [-0.75, 0.75, 0.0]
    points += [x for edge in (0.6629126073623882, 5.656854249492381) for s in (-1, 1) for x in near(draw, s * edge)]
    reference("normal_probability", lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2, points)


main()
