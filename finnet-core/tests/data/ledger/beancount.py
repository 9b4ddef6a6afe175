"""Trades for beancount, booked by beancount's own loader: remaining lots and each sale's cost. Writes beancount.json.

Run with beancount 3 installed (README.md): python3 beancount.py. Every number comes out of `beancount.loader.load_string`; this
script draws the trades by a seed and counts nothing itself but how much it may sell. Whole shares, prices of two
decimals, no fees, one trade a symbol and day: so an order within a day or a rounding can't differ.
"""

import json
import random
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

# This file has the package's name: its own folder must not come first.
sys.path = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).parent]

import beancount  # noqa: E402
from beancount import loader  # noqa: E402
from beancount.core import data, inventory  # noqa: E402

HERE = Path(__file__).parent
SYMBOLS = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG"]
START = date(2023, 1, 2)


def draw(method, count, sign):
    """Returns trades [day, symbol, signed shares, price, {lot day: shares} if the method is STRICT]."""
    rng = random.Random(f"{method} {count} {sign}")
    price = {s: rng.uniform(5, 200) for s in SYMBOLS}
    held = {s: {} for s in SYMBOLS}
    seen = {s: set() for s in SYMBOLS}
    trades, day = [], 0
    while len(trades) < count:
        for symbol in rng.sample(SYMBOLS, rng.randint(1, len(SYMBOLS))):
            price[symbol] = max(0.5, price[symbol] * (1 + rng.gauss(0, 0.04)))
            cents, lots = round(price[symbol] * 100), held[symbol]
            while cents in seen[symbol]:  # two lots of one price would leave HIFO's choice open
                cents += 1
            seen[symbol].add(cents)
            at = f"{cents // 100}.{cents % 100:02d}"
            total = sum(lots.values())
            if total and (rng.random() < 0.42 or len(lots) > 7):
                size = total if rng.random() < 0.08 else rng.randint(1, max(1, total * 7 // 10))
                picks = {}
                if method == "STRICT":
                    size = 0
                    for lot in rng.sample(sorted(lots), rng.randint(1, min(4, len(lots)))):
                        picks[lot] = rng.choice([lots[lot], rng.randint(1, lots[lot])])
                        lots[lot] -= picks[lot]
                        size += picks[lot]
                else:
                    lots["any"] = total - size
                    for lot in [lot for lot in lots if lot != "any"]:
                        del lots[lot]
                held[symbol] = {lot: n for lot, n in lots.items() if n}
                trades.append([day, symbol, -size * sign, at, picks])
            else:
                size = rng.randint(1, 300)
                lots[day] = size
                trades.append([day, symbol, size * sign, at, {}])
        day += rng.randint(1, 3)
    return trades


def text(method, trades, sign):
    """Returns the same trades in beancount's language."""
    lines = ['option "operating_currency" "USD"', f"{START} open Assets:Cash", f"{START} open Income:Gains"]
    lines.append(f'{START} open Assets:Shares {",".join(SYMBOLS)} "{method}"')
    for number, (day, symbol, shares, price, picks) in enumerate(trades):
        when = START + timedelta(days=day)
        lines.append(f'{when} * "{number}"')
        if shares * sign > 0:
            lines += [f"  Assets:Shares {shares} {symbol} {{{price} USD}}", f"  Assets:Cash {-shares * Decimal(price)} USD"]
            continue
        if picks:
            lines += [f"  Assets:Shares {-n * sign} {symbol} {{{START + timedelta(days=lot)}}} @ {price} USD" for lot, n in picks.items()]
        else:
            lines.append(f"  Assets:Shares {shares} {symbol} {{}} @ {price} USD")
        lines += [f"  Assets:Cash {-shares * Decimal(price)} USD", "  Income:Gains"]
    return "\n".join(lines) + "\n"


def book(method, count, sign):
    trades = draw(method, count, sign)
    entries, errors, _ = loader.load_string(text(method, trades, sign))
    assert not errors, errors[:3]
    left, out = inventory.Inventory(), []
    day_of = lambda when: (when - START).days
    cents = lambda amount: int(amount * 100)
    for entry in entries:
        if not isinstance(entry, data.Transaction):
            continue
        number = int(entry.narration)
        day, symbol, shares, price, picks = trades[number]
        row = [day, symbol, shares, price]
        reductions, gain = [], None
        for posting in entry.postings:
            if posting.account == "Assets:Shares":
                left.add_position(posting)
                if shares * sign < 0:
                    reductions.append([day_of(posting.cost.date), int(posting.units.number), str(posting.cost.number)])
            elif posting.account == "Income:Gains":
                gain = cents(-posting.units.number)
        if shares * sign < 0:
            row += [reductions, gain]
            if picks:
                row.append([[lot, n] for lot, n in picks.items()])
        out.append(row)
    assert [row[:4] for row in out] == sorted([t[:4] for t in trades], key=lambda t: t[0]), "the loader keeps the order of a day"
    lots = sorted([p.units.currency, day_of(p.cost.date), int(p.units.number), str(p.cost.number)] for p in left)
    return {"method": method, "side": "long" if sign > 0 else "short", "trades": out, "lots": lots}


if __name__ == "__main__":
    books = [book("FIFO", 400, 1), book("LIFO", 400, 1), book("HIFO", 400, 1), book("STRICT", 300, 1), book("FIFO", 150, -1), book("LIFO", 150, -1)]
    head = {"beancount": beancount.__version__, "first_day": str(START)}
    body = ",\n".join(json.dumps(b, separators=(",", ":")) for b in books)
    (HERE / "beancount.json").write_text(json.dumps(head)[:-1] + ', "books": [\n' + body + "\n]}\n")
    for b in books:
        many = sum(len(t) > 4 and len(t[4]) > 1 for t in b["trades"])
        print(b["method"], b["side"], len(b["trades"]), "trades,", many, "reductions of several lots,", len(b["lots"]), "lots left")
