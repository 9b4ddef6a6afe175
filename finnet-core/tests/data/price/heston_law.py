#!/usr/bin/env python3
"""The law of Heston's model after one year, from the closed forms: writes heston_law.csv and heston_moments.csv.

Needs Python 3.9 or later and mpmath 1.3 (BSD). Run it in this folder: `python3 heston_law.py`. Nothing here steps
through time.

heston_law.csv: `set,what,x,probability`, the probability of a value up to x of `log_return`, ln(S_T/S_0), or
`variance`, v_T. Log returns: the characteristic function of Heston (1993) in the form of Albrecher, Mayer, Schoutens
and Tistaert, "The little Heston trap" (2007), inverted by Gil-Pelaez (1951). Variances: a scaled noncentral
chi-square, Cox, Ingersoll and Ross (1985), summed as a Poisson mixture of gamma laws.

heston_moments.csv: `set,what,value`. Mean and variance of the log return are derivatives of the logarithm of the
characteristic function; the others are integrals of e^(-kappa (t - s)), as v_t - E v_t is the integral of
e^(-kappa (t - s)) sigma sqrt(v_s) dB_s.
"""
from pathlib import Path

from mpmath import diff, exp, gammainc, log, mp, mpc, mpf, nstr, pi, quad, sqrt

mp.dps = 30
HERE = Path(__file__).resolve().parent
# drift, initial variance, mean reversion, long-run variance, vol of vol, correlation; the second set breaks Feller's
# condition (2 kappa theta = 0.08 < 0.36) and is at zero often.
SETS = {
    "calm": ("0.07", "0.04", "2", "0.05", "0.4", "-0.7"),
    "wild": ("0.03", "0.04", "1", "0.04", "0.6", "-0.5"),
}
T = mpf(1)


def characteristic(u, drift, v0, kappa, theta, sigma, rho):
    iu = mpc(0, u)
    b = kappa - rho * sigma * iu
    d = sqrt(b * b + sigma**2 * (iu + u * u))
    g = (b - d) / (b + d)
    e = exp(-d * T)
    c = iu * drift * T + theta * kappa / sigma**2 * ((b - d) * T - 2 * log((1 - g * e) / (1 - g)))
    return exp(c + v0 / sigma**2 * (b - d) * (1 - e) / (1 - g * e))


def law(name, p):
    drift, v0, kappa, theta, sigma, rho = p
    # The midpoint rule of step h is exact for such integrands up to values outside +-2 pi / h.
    h, grid = mpf("0.25"), []
    while True:
        u = h * (len(grid) + mpf("0.5"))
        phi = characteristic(u, *p)
        grid.append((u, phi))
        if abs(phi) < mpf("1e-17"):
            break
    for k in range(-100, 61):
        x = mpf(k) / 100
        total = sum((exp(mpc(0, -u * x)) * phi).imag / u for u, phi in grid)
        yield f"{name},log_return,{nstr(x, 6)},{nstr(mpf('0.5') - h * total / pi, 12)}\n"
    e = exp(-kappa * T)
    c = sigma**2 * (1 - e) / (4 * kappa)
    degrees, shift = 4 * kappa * theta / sigma**2, v0 * e / c
    for k in range(1, 81):
        x = mpf(k) / 400
        weight, total, n = exp(-shift / 2), mpf(0), 0
        while n <= shift or weight > mpf("1e-18"):
            total += weight * gammainc(degrees / 2 + n, 0, x / c / 2, regularized=True)
            n += 1
            weight *= shift / 2 / n
        yield f"{name},variance,{nstr(x, 6)},{nstr(total, 12)}\n"


def moments(name, p):
    drift, v0, kappa, theta, sigma, rho = p
    mean = lambda t: theta + (v0 - theta) * exp(-kappa * t)
    variance = lambda t: (
        v0 * sigma**2 / kappa * (exp(-kappa * t) - exp(-2 * kappa * t))
        + theta * sigma**2 / (2 * kappa) * (1 - exp(-kappa * t)) ** 2
    )
    covariance = lambda t: (
        rho * sigma * quad(lambda s: exp(-kappa * (t - s)) * mean(s), [0, t])
        - quad(lambda s: exp(-kappa * (t - s)) * variance(s), [0, t]) / 2
    )
    # Both branches of the square root join at 0: the derivatives are taken there from values around it.
    cumulant = lambda u: log(characteristic(u, *p))
    values = {
        "log_return_mean": (diff(cumulant, 0, 1) / mpc(0, 1)).real,
        "log_return_variance": -diff(cumulant, 0, 2).real,
        "variance_mean": mean(T),
        "variance_variance": variance(T),
        # Of v at half the year and at its end.
        "variance_autocovariance": exp(-kappa * T / 2) * variance(T / 2),
        # Of the log return and v.
        "covariance": covariance(T),
        # Of the log returns of both halves of the year: the second owes the first its variance, and that its mean.
        "log_return_autocovariance": -(1 - exp(-kappa * T / 2)) / (2 * kappa) * covariance(T / 2),
    }
    for what, value in values.items():
        yield f"{name},{what},{nstr(value, 15)}\n"


def main():
    for file, columns, rows in (
        ("heston_law.csv", "set,what,x,probability", law),
        ("heston_moments.csv", "set,what,value", moments),
    ):
        lines = [line for name, values in SETS.items() for line in rows(name, [mpf(v) for v in values])]
        (HERE / file).write_text(columns + "\n" + "".join(lines))


main()
