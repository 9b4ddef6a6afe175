"""What the Python package exchange_calendars takes for the questions of benches/calendar.rs: a name and nanoseconds a line.

It is asked in its fastest way: what it is given is not parsed again, and walking is over its columns of opens and closes.
"""

import random
import statistics
import sys
import time

try:
    begun = time.perf_counter()
    import exchange_calendars

    imported = time.perf_counter()
    calendar = exchange_calendars.get_calendar("XNYS", start="2000-01-01", end="2030-12-31")
    ready = time.perf_counter()
    import pandas
except ImportError as error:
    sys.exit(f"{error}")

QUESTIONS, ROUNDS = 20_000, 5

first, last = pandas.Timestamp("2000-01-03"), pandas.Timestamp("2030-12-20")
choose = random.Random(42)
dates = [first + pandas.Timedelta(days=choose.randrange((last - first).days)) for _ in range(QUESTIONS)]
pairs = list(zip(dates, reversed(dates)))
pairs = [(min(pair), max(pair)) for pair in pairs]
few = pairs[: QUESTIONS // 10]
following = [date + pandas.Timedelta(days=1) for date in dates[: QUESTIONS // 10]]
instants = [date.tz_localize("UTC") + pandas.Timedelta(minutes=choose.randrange(1440)) for date in dates[: QUESTIONS // 10]]


def walk():
    for open_, close in zip(calendar.opens, calendar.closes):
        pass


def measure(name, count, run):
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        run()
        times.append((time.perf_counter() - begun) * 1e9 / count)
    print(f"{name}\t{statistics.median(times):.1f}")


print(f"version\t{exchange_calendars.__version__}")
print(f"import\t{(imported - begun) * 1e9:.0f}")
print(f"ready\t{(ready - imported) * 1e9:.0f}")
measure("is_session", len(dates), lambda: [calendar.is_session(date, _parse=False) for date in dates])
measure("next session", len(following), lambda: [calendar.date_to_session(date, "next", _parse=False) for date in following])
measure("count in a range", len(few), lambda: [len(calendar.sessions_in_range(*pair, _parse=False)) for pair in few])
measure("walking", len(calendar.sessions), walk)
measure("is open at", len(instants), lambda: [calendar.is_open_on_minute(at, _parse=False) for at in instants])
measure("next open", len(instants), lambda: [calendar.next_open(at, _parse=False) for at in instants])
