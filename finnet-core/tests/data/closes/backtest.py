"""The back-test of examples/backtest.rs in whole numbers of Python, written apart from it: prices in thousandths of a
dollar, cash in cents, statistics by their formulas in Decimal. Prints what the example has to print.

    python3 backtest.py > backtest.txt
"""
import csv
from decimal import Decimal as D, getcontext, ROUND_HALF_UP
from pathlib import Path

getcontext().prec = 40
here = Path(__file__).parent


def rows(name):
    with open(here / name) as file:
        return list(csv.DictReader(file))


def cents(mills):
    """Mills to cents, half away from zero."""
    return (abs(mills) + 5) // 10 * (1 if mills >= 0 else -1)


closes, index = rows("sp500_20.csv"), rows("sp500_index.csv")
symbols = sorted(name for name in closes[0] if name != "Date")
cash, held, navs = 100_000_000, dict.fromkeys(symbols, 0), []
for place, row in enumerate(closes):
    price = {name: int(D(row[name]) * 1000) for name in symbols}
    nav = lambda: cash + sum(cents(held[name] * price[name]) for name in symbols)
    # The last of a month; the data end on 2022-12-28, which is none of December's.
    after = closes[place + 1]["Date"] if place + 1 < len(closes) else None
    if after and after[:7] != row["Date"][:7]:
        worth = nav()
        for name in symbols:
            wanted = worth * 10 // (price[name] * len(symbols))
            cash -= cents((wanted - held[name]) * price[name]) if wanted > held[name] else 0
            cash += cents((held[name] - wanted) * price[name]) if wanted < held[name] else 0
            held[name] = wanted
    navs.append(nav())

r = [D(b) / D(a) - 1 for a, b in zip(navs, navs[1:])]
levels = [D(row["SP500"]) for row in index]
b = [y / x - 1 for x, y in zip(levels, levels[1:])]
n = len(r)
mean = lambda x: sum(x) / len(x)
cov = lambda x, y: sum((p - mx) * (q - my) for mx, my in [(mean(x), mean(y))] for p, q in zip(x, y)) / (len(x) - 1)
peak, deepest = D(navs[0]), D(0)
for value in navs:
    peak = max(peak, D(value))
    deepest = min(deepest, D(value) / peak - 1)
total = D(navs[-1]) / navs[0] - 1
beta = cov(r, b) / cov(b, b)
alpha = (1 + mean(r) - beta * mean(b)) ** 252 - 1


def percent(name, value):
    print(f"{name:<28}{(value * 100).quantize(D('0.01'), ROUND_HALF_UP):>10} %")


def number(name, value):
    print(f"{name:<28}{value.quantize(D('0.001'), ROUND_HALF_UP):>12}")


percent("Total return", total)
percent("Annual return", (1 + total) ** (D(252) / n) - 1)
percent("Volatility", cov(r, r).sqrt() * D(252).sqrt())
number("Sharpe ratio", mean(r) / cov(r, r).sqrt() * D(252).sqrt())
percent("Maximum drawdown", deepest)
number("Beta", beta)
percent("Alpha", alpha)
print(f"net asset value {D(navs[-1]) / 100:.2f} USD")
