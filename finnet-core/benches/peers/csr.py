"""What scipy's sparse product takes for the book of benches/book.rs: a line of milliseconds, the best of 15.

A CSR matrix of float64 and int32, a row a portfolio, times a vector of prices; one thread, as scipy has it.
"""

import sys
import time

try:
    import numpy
    import scipy
    import scipy.sparse
except ImportError as error:
    sys.exit(f"{error}")

PORTFOLIOS, HOLDINGS, STOCKS, SESSIONS = 1_000_000, 100, 5_000, 15

random = numpy.random.default_rng(42)
each = STOCKS // HOLDINGS
hundredths = (numpy.arange(HOLDINGS, dtype=numpy.int32) * 37) % HOLDINGS * each
stocks = numpy.empty((PORTFOLIOS, HOLDINGS), dtype=numpy.int32)
for first in range(0, PORTFOLIOS, 10_000):
    stocks[first : first + 10_000] = hundredths + random.integers(0, each, (10_000, HOLDINGS), dtype=numpy.int32)
quantities = random.integers(1, 10_001, PORTFOLIOS * HOLDINGS).astype(numpy.float64)
starts = numpy.arange(0, PORTFOLIOS * HOLDINGS + 1, HOLDINGS, dtype=numpy.int32)
book = scipy.sparse.csr_matrix((quantities, stocks.ravel(), starts), shape=(PORTFOLIOS, STOCKS))
best = float("inf")
for _ in range(SESSIONS):
    prices = random.integers(1, 20_000, STOCKS) / 100.0
    begun = time.perf_counter()
    values = book @ prices
    best = min(best, time.perf_counter() - begun)
assert values.shape == (PORTFOLIOS,)
print(f"{'peer: scipy ' + scipy.__version__:<26} {best * 1e3:>7.1f} ms")
