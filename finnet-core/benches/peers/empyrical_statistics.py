"""What the Python package empyrical-reloaded takes for the statistics of benches/statistics.rs: a name, nanoseconds on
pandas Series and on NumPy arrays a line. The first argument is a CSV file of columns date, returns and benchmark.

Each is the least of ROUNDS means of CALLS calls; a Series has its dates as index, as its users pass it.
"""

import sys
import time
import warnings

try:
    import empyrical
    import numpy
    import pandas
    from importlib.metadata import version
except ImportError as error:
    sys.exit(f"{error}")

warnings.filterwarnings("ignore")
CALLS, ROUNDS = 20, 7

table = pandas.read_csv(sys.argv[1], index_col=0, parse_dates=True)
returns, benchmark = (table[name] for name in table.columns)
ALONE = [
    "cum_returns_final", "annual_return", "annual_volatility", "sharpe_ratio", "sortino_ratio", "downside_risk",
    "calmar_ratio", "omega_ratio", "max_drawdown", "tail_ratio", "value_at_risk", "conditional_value_at_risk",
    "stability_of_timeseries",
]
BESIDE = ["alpha", "beta", "excess_sharpe", "up_capture", "down_capture"]


def least(function, arguments):
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        for _ in range(CALLS):
            function(*arguments)
        times.append((time.perf_counter_ns() - begun) / CALLS)
    return min(times)


print("version", version("empyrical-reloaded"), pandas.__version__, numpy.__version__, sep="\t")
for name in ALONE + BESIDE:
    series = [returns] if name in ALONE else [returns, benchmark]
    function = getattr(empyrical, name)
    print(name, *(f"{least(function, kind):.0f}" for kind in (series, [one.to_numpy() for one in series])), sep="\t")
