"""Histories for the ledger's oracle: `run` says what must come out of one, `Draw` makes one by a seed."""

import copy
import random
from fractions import Fraction as F

from books import Journal, Refused, explain, nav

PLACES = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
# One unit in dollars, about; direct and indirect as a scenario draws.
WORTH = {"USD": 1.0, "EUR": 1.0837, "JPY": 0.0067412, "KWD": 3.2541}
SYMBOLS = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
CORRECTIONS = ("reverse", "insert", "replace", "remove")


def plain(x, places):
    """Returns x as decimal text of at most so many places and above 0, without idle zeros."""
    text = f"{max(x, 10.0**-places):.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def gain_rows(books):
    keys = ("step", "symbol", "lot", "opened", "closed", "shares", "proceeds", "cost", "base_proceeds", "base_cost", "effect")
    return [[g[k] for k in keys] for g in books.gains]


def lots_by_symbol(books):
    return {s: [row for row in books.lot_rows() if row[0] == s] for s in books.held}


def run(name, setup, steps, marks, note=None):
    """Runs the steps and returns the scenario with all that must come out. marks: [(day, closes)]."""
    journal, out = Journal(setup), []
    cash, held = {}, {}
    for number, entry in enumerate(steps):
        row = {"e": entry}
        before, lots = gain_rows(journal.books), lots_by_symbol(journal.books)
        if entry[1] in ("sell", "cover") and (len(entry) < 9 or not entry[8]):
            try:
                row["p"] = copy.deepcopy(journal.books).profits(*entry[1:7])
            except Refused:
                pass
        try:
            if entry[1] == "reverse":
                journal.reverse(entry[0], entry[2])
            elif entry[1] == "insert":
                journal.insert(number, entry[2])
            elif entry[1] == "replace":
                journal.replace(entry[2], entry[3])
            elif entry[1] == "remove":
                journal.remove(entry[2])
            else:
                journal.post(number, entry)
            if entry[1] in CORRECTIONS:
                after = gain_rows(journal.books)
                row["gone"], row["new"] = ([g for g in a if g not in b] for a, b in ((before, after), (after, before)))
                now = lots_by_symbol(journal.books)
                row["moved"] = [s for s in sorted({*lots, *now}) if lots.get(s) != now.get(s)]
        except Refused as refused:
            row["x"] = str(refused)
            row.pop("p", None)
        now_cash, now_held = journal.books.summary()
        change = {c: now_cash.get(c, 0) for c in sorted({*cash, *now_cash}) if cash.get(c, 0) != now_cash.get(c, 0)}
        moved = {s: now_held.get(s, []) for s in sorted({*held, *now_held}) if held.get(s) != now_held.get(s)}
        if change:
            row["c"] = change
        if moved:
            row["h"] = moved
        cash, held = now_cash, now_held
        out.append(row)
    books = journal.books
    corrected = [s[1] for s in steps if s[1] in CORRECTIONS]
    scenario = {"name": name, **({"note": note} if note else {}), **setup, "steps": out}
    scenario["lots"] = books.lot_rows()
    if "reverse" in corrected:
        sums = {}
        for g in books.gains:
            row = sums.setdefault(g["symbol"], [0] * 5)
            for i, key in enumerate(("proceeds", "cost", "base_proceeds", "base_cost", "effect")):
                row[i] += g[key]
        scenario["gain_sums"] = sums
    else:
        scenario["gains"] = gain_rows(books)
    scenario["lines"] = books.line_sums()
    scenario["nav"] = []
    whole = []
    for day, closes in marks:
        worth = nav(journal, day, closes)
        row = {"day": day, "closes": closes}
        if isinstance(worth, tuple):
            row["lacks"] = [*worth]
        else:
            row["nav"] = worth
            whole.append((day, closes))
        if unsettled := journal.at(day).unsettled(day):
            row["unsettled"] = unsettled
        scenario["nav"].append(row)
    scenario["explain"] = [
        {"from": a[0], "to": b[0], "terms": explain(journal, a[0], b[0], a[1], b[1])} for a, b in zip(whole, whole[1:])
    ]
    if len(whole) > 2:
        a, b = whole[0], whole[-1]
        scenario["explain"].append({"from": a[0], "to": b[0], "terms": explain(journal, a[0], b[0], a[1], b[1])})
    return scenario


class Draw:
    """One random history. What may come next is read from the oracle's own books."""

    def __init__(self, seed, base, foreign, method, rule, cash_only=False, carry=0, shorts=True, count=30):
        self.rng = random.Random(seed)
        self.days, self.count, self.shorts = 60, count, shorts
        rates = []
        self.currencies = [base, *foreign]
        for currency in foreign:
            ratio, kind = WORTH[currency] / WORTH[base], self.rng.choice(["direct", "indirect"])
            for day in range(self.days):
                if carry and day and self.rng.random() < 0.62:
                    continue
                ratio *= 1 + self.rng.gauss(0, 0.01)
                rates.append([day, currency, kind, plain(ratio if kind == "direct" else 1 / ratio, self.rng.choice([4, 6, 9, 12]) if ratio > 0.1 or kind == "indirect" else 12)])
        self.setup = {
            "base": base, "places": {c: PLACES[c] for c in [base, *foreign]}, "rule": rule, "method": method,
            "cash_only": cash_only, "carry": carry, "rates": rates,
        }
        self.of = {s: self.rng.choice(self.currencies) for s in SYMBOLS}
        self.price = {s: self.rng.uniform(5, 300) / WORTH[self.of[s]] for s in SYMBOLS}
        self.day = 0
        self.journal = Journal(self.setup)
        self.steps = []

    # Small draws

    def at(self, symbol):
        self.price[symbol] *= 1 + self.rng.gauss(0, 0.03)
        return plain(self.price[symbol], self.rng.choice([2, 2, 2, 4, 8]))

    def size(self, most=None):
        rng = self.rng
        if most is not None:
            part = F(most, 10**6) * F(rng.choice([1, 2, 3, 5, 7, 9]), 10)
            text = plain(float(part), rng.choice([0, 0, 2, 6]))
            return text if 0 < F(text) <= F(most, 10**6) else plain_shares(most)
        return rng.choice([str(rng.randint(1, 400)), str(rng.randint(1, 40) * 10), plain(rng.uniform(0.01, 80), rng.choice([1, 3, 6]))])

    def charge(self, currency):
        return self.rng.choice([0, 1, 95, 100, 499, 250]) if currency != "JPY" else self.rng.choice([0, 1, 110, 385])

    def money(self, currency):
        return round(self.rng.uniform(10, 4000) / WORTH[currency] * 10 ** PLACES[currency])

    def settles(self):
        return self.rng.choice([None, None, self.day + 2, self.day + 1])

    def held(self, sign=None):
        books = self.journal.books.held
        return [s for s in sorted(books) if sign is None or (books[s]["lots"][0].shares > 0) == (sign > 0)]

    def lots_of(self, symbol):
        return self.journal.books.held[symbol]["lots"]

    def cents(self, symbol):
        return plain(self.rng.uniform(0.01, 2.5) / WORTH[self.of_held(symbol)], self.rng.choice([2, 3, 5, 8]))

    def of_held(self, symbol):
        books = self.journal.books.held
        return books[symbol]["currency"] if symbol in books else self.of[symbol]

    def lieu(self, symbol, new=1, old=1):
        return plain(self.price[symbol] * old / max(new, 1), 4) if self.rng.random() < 0.6 else None

    # Entries

    def entry(self):
        rng, day = self.rng, self.day
        kinds = ["buy"] * 9 + ["sell"] * 7 + ["dividend"] * 3 + ["split"] * 3 + ["stock_dividend", "spin_off", "spin_off", "merger", "merger", "rename"]
        kinds += ["return_of_capital"] * 2 + ["delisting", "deposit", "withdrawal", "interest", "fee", "tax", "borrow"]
        if self.shorts:
            kinds += ["short"] * 5 + ["cover"] * 4
        if len(self.currencies) > 1:
            kinds += ["exchange"] * 2
        return getattr(self, rng.choice(kinds))(rng, day)

    def open(self, rng, day, kind, sign):
        free = [s for s in SYMBOLS if s not in self.held() or s in self.held(sign)]
        symbol = rng.choice(free) if free else None
        if symbol is None:
            return None
        currency = self.of_held(symbol)
        price = self.at(symbol)
        size = self.size()
        fee = self.charge(currency)
        if F(size) * F(price) * 10 ** PLACES[currency] <= 2 * fee + 2:
            return None
        return [day, kind, symbol, currency, size, price, fee, self.settles()]

    def buy(self, rng, day):
        return self.open(rng, day, "buy", 1)

    def short(self, rng, day):
        return self.open(rng, day, "short", -1)

    def close(self, rng, day, kind, sign):
        if not self.held(sign):
            return None
        symbol = rng.choice(self.held(sign))
        lots, currency = self.lots_of(symbol), self.of_held(symbol)
        total = sum(abs(lot.shares) for lot in lots)
        size = rng.choice([self.size(total), self.size(total), plain_shares(total)])
        entry = [day, kind, symbol, currency, size, self.at(symbol), self.charge(currency), self.settles()]
        if self.setup["method"] != "average" and rng.random() < 0.3:
            some = rng.sample(lots, rng.randint(1, min(3, len(lots))))
            named = [[lot.id, plain_shares(rng.choice([abs(lot.shares), max(1, abs(lot.shares) * 2 // 5)]))] for lot in some]
            entry[4] = plain_shares(sum(int(F(t) * 10**6) for _, t in named))
            entry.append(named)
        return entry

    def sell(self, rng, day):
        return self.close(rng, day, "sell", 1)

    def cover(self, rng, day):
        return self.close(rng, day, "cover", -1)

    def some(self):
        return self.rng.choice(self.held()) if self.held() else None

    def dividend(self, rng, day):
        if (symbol := self.some()) is None:
            return None
        long = symbol in self.held(1)
        return [day, "dividend", symbol, self.cents(symbol), rng.choice([0, 0, rng.randint(1, 900)]) if long else 0, rng.choice([None, day + 3])]

    def split(self, rng, day):
        if (symbol := self.some()) is None:
            return None
        new, old = rng.choice([(2, 1), (3, 2), (7, 1), (1, 10), (1, 7), (3, 7), (1, 50), (20, 1), (5, 4)])
        entry = [day, "split", symbol, new, old, self.lieu(symbol, new, old)]
        self.price[symbol] *= old / new
        return entry

    def stock_dividend(self, rng, day):
        if (symbol := self.some()) is None:
            return None
        return [day, "stock_dividend", symbol, *rng.choice([(1, 20), (5, 100), (1, 3), (3, 40)]), self.lieu(symbol)]

    def spin_off(self, rng, day):
        if (parent := self.some()) is None:
            return None
        child = rng.choice([s for s in SYMBOLS if s != parent])
        return [day, "spin_off", parent, child, *rng.choice([(1, 1), (1, 3), (2, 5), (1, 8), (1, 400)]), *rng.choice([(1, 4), (1, 3), (3, 8), (137, 1000)]), self.lieu(child)]

    def merger(self, rng, day):
        if (source := self.some()) is None:
            return None
        into = rng.choice([s for s in SYMBOLS if s != source])
        cash = [self.cents(source), *rng.choice([(1, 5), (1, 3), (2, 7), (0, 1)])]
        terms = rng.choice([(1, 2, None), (4, 3, None), (3, 8, cash), (0, 1, cash), (1, 600, cash)])
        return [day, "merger", source, into, *terms, self.lieu(into) if terms[0] else None]

    def rename(self, rng, day):
        if (source := self.some()) is None:
            return None
        return [day, "rename", source, rng.choice([s for s in SYMBOLS if s != source])]

    def return_of_capital(self, rng, day):
        if (symbol := self.some()) is None:
            return None
        per = self.cents(symbol) if rng.random() < 0.6 else plain(self.price[symbol] * rng.uniform(0.5, 1.6), 4)
        return [day, "return_of_capital", symbol, per] if F(per) > 0 else None

    def delisting(self, rng, day):
        if (symbol := self.some()) is None or rng.random() < 0.5:
            return None
        return [day, "delisting", symbol, rng.choice([None, self.cents(symbol)])]

    def deposit(self, rng, day):
        currency = rng.choice(self.currencies)
        return [day, "deposit", currency, self.money(currency)]

    def withdrawal(self, rng, day):
        currency = rng.choice(self.currencies)
        return [day, "withdrawal", currency, self.money(currency) // 10 + 1]

    def interest(self, rng, day):
        return [day, "interest", rng.choice(self.currencies), rng.choice([-1, 1]) * rng.randint(1, 5000)]

    def fee_or_tax(self, rng, day, kind):
        symbol = self.some() if rng.random() < 0.5 else None
        return [day, kind, self.of_held(symbol) if symbol else rng.choice(self.currencies), rng.randint(1, 3000), symbol]

    def fee(self, rng, day):
        return self.fee_or_tax(rng, day, "fee")

    def tax(self, rng, day):
        return self.fee_or_tax(rng, day, "tax")

    def borrow(self, rng, day):
        symbol = rng.choice(self.held(-1)) if self.held(-1) else None
        return symbol and [day, "borrow", self.of_held(symbol), rng.randint(1, 900), symbol]

    def exchange(self, rng, day):
        give, get = rng.sample(self.currencies, 2)
        given = self.money(give)
        got = round(given / 10 ** PLACES[give] * WORTH[give] / WORTH[get] * rng.uniform(0.99, 1.01) * 10 ** PLACES[get])
        return [day, "exchange", give, given, get, max(1, got)]

    def wrong(self):
        """An entry that is not possible, with one thing wrong."""
        rng, day = self.rng, self.day
        books = self.journal.books
        free = [s for s in SYMBOLS if s not in books.held]
        longs, shorts = self.held(1), self.held(-1)
        some = []
        if longs:
            s = rng.choice(longs)
            c, total = self.of_held(s), sum(l.shares for l in self.lots_of(s))
            some += [
                [day, "sell", s, c, plain_shares(total + rng.choice([1, 10**6])), self.at(s), 0, None],
                [day, "short", s, c, "1", "100", 0, None], [day, "cover", s, c, "1", "100", 0, None],
                [day, "sell", s, c, "0.000001", "100", 0, day - 1], [day, "buy", s, c, "1", "100", 0, day - 1],
                [day, "spin_off", s, s, 1, 2, 1, 2, None], [day, "rename", s, s],
            ]
            if self.setup["method"] != "average":
                lot = self.lots_of(s)[0]
                some += [
                    [day, "sell", s, c, "1", "100", 0, None, [[[len(self.steps) + 50, 0], "1"]]],
                    [day, "sell", s, c, plain_shares(lot.shares), "100", 0, None, [[lot.id, plain_shares(max(1, lot.shares - 1))]]] if lot.shares > 1 else None,
                    [day, "sell", s, c, plain_shares(lot.shares + 1), "100", 0, None, [[lot.id, plain_shares(lot.shares + 1)]]],
                ]
            others = [o for o in self.currencies if o != c]
            if others:
                some.append([day, "buy", s, rng.choice(others), "1", "100", 0, None])
            if shorts:
                some.append([day, "rename", s, rng.choice(shorts)])
        if shorts:
            s = rng.choice(shorts)
            c, total = self.of_held(s), sum(abs(l.shares) for l in self.lots_of(s))
            some += [
                [day, "cover", s, c, plain_shares(total + 1), "100", 0, None],
                [day, "buy", s, c, "1", "100", 0, None], [day, "sell", s, c, "1", "100", 0, None],
            ]
        if free:
            s = rng.choice(free)
            some += [
                [day, "sell", s, self.of[s], "1", "10", 0, None], [day, "dividend", s, "0.5", 0, None], [day, "split", s, 2, 1, None],
                [day, "merger", s, "ZZZ", 1, 2, None, None], [day, "return_of_capital", s, "1"], [day, "delisting", s, "1"], [day, "rename", s, "ZZZ"],
                [day, "spin_off", s, "ZZZ", 1, 2, 1, 2, None],
            ]
        if books.day:
            some.append([books.day - 1, "deposit", self.currencies[0], 100])
        some.append([day, "deposit", "CHF", 100])
        return rng.choice(some)

    def rateless(self, entry):
        """Whether it touches a currency that has no rate on the day."""
        books = self.journal.books
        for part in entry[2:]:
            if not isinstance(part, str):
                continue
            currency = books.held[part]["currency"] if part in books.held else part
            if currency in self.setup["places"] and currency != books.base:
                try:
                    books.rate(currency, entry[0])
                except Refused:
                    return True
        return False

    def step(self, entry):
        number = len(self.steps)
        rateless = self.rateless(entry)
        journal, before = self.journal, copy.deepcopy(self.journal.books)
        try:
            self.journal.post(number, entry)
            refused = False
        except Refused:
            refused = True
        if rateless and not refused:  # rule 1 of books.py has a scenario of its own
            journal.books = before
            journal.entries.pop()
            journal.states.pop()
            return
        self.steps.append(entry)

    def closes(self, day):
        held = self.journal.at(day).held
        return {s: self.at(s) for s in sorted(held)}

    def correct(self, last, count):
        """Appends corrections: first those by replay, then reversals."""
        rng = self.rng
        taken = [(s, e) for s, e in self.journal.entries if s >= len(self.currencies)]
        kinds = sorted(rng.choice(["insert", "insert", "remove", "replace", "reverse", "reverse"]) for _ in range(count))
        gone = set()
        for kind in sorted(kinds, key=lambda kind: kind == "reverse"):
            step, entry = rng.choice(taken)
            trades = [(s, e) for s, e in taken if e[1] in ("buy", "sell", "short", "cover") and s not in gone and not e[8:]]
            if step in gone and kind in ("remove", "reverse"):
                continue
            if kind in ("insert", "replace") and not trades:
                continue
            if kind == "remove":
                correction = [entry[0], kind, step]
            elif kind == "reverse":
                correction = [last, kind, step]
            else:
                step, entry = rng.choice(trades)
                entry = list(entry[:7])
                entry[4] = plain_shares(max(1, int(F(entry[4]) * 10**6 * F(rng.choice([1, 3, 9, 10, 11, 13]), 10))))
                if kind == "insert":
                    entry = rng.choice([entry, entry, [entry[0], "split", entry[2], 3, 2], [entry[0], "fee", entry[3], 123, entry[2]]])
                    correction = [entry[0], kind, entry]
                else:
                    correction = [entry[0], kind, step, entry]
            self.steps.append(correction)
            number = len(self.steps) - 1
            try:
                if kind == "remove":
                    self.journal.remove(step)
                elif kind == "reverse":
                    self.journal.reverse(last, step)
                elif kind == "insert":
                    self.journal.insert(number, entry)
                else:
                    self.journal.replace(step, entry)
                if kind in ("remove", "reverse"):
                    gone.add(step)
            except Refused:
                pass

    def scenario(self, name, corrections=0):
        rng = self.rng
        for currency in self.currencies:
            self.steps.append([0, "deposit", currency, round(rng.uniform(20_000, 60_000) / WORTH[currency] * 10 ** PLACES[currency])])
            self.journal.post(len(self.steps) - 1, self.steps[-1])
        marked = []
        while len(self.steps) < self.count:
            entry = self.wrong() if rng.random() < 0.09 else self.entry()
            if entry is None:
                continue
            self.step(entry)
            last = self.journal.books.day
            self.day = max(last, self.day) + rng.choice([0, 0, 1, 1, 2])
            if self.day >= self.days - 4:
                break
        last = self.journal.books.day
        if not self.setup["carry"]:
            self.correct(last, corrections)
        for day in sorted({last // 3, 2 * last // 3, last + 1}):
            if self.rated(day):
                marked.append((day, self.closes(day)))
        if len(marked) < 2:
            return None
        used = {e[0] for e in self.steps} | {d for d, _ in marked}
        if not self.setup["carry"]:
            self.setup["rates"] = [r for r in self.setup["rates"] if r[0] in used]
        return run(name, self.setup, trim(self.steps), marked)

    def rated(self, day):
        try:
            return all(self.journal.books.rate(c, day) for c in self.currencies[1:])
        except Refused:
            return False


def plain_shares(millionths):
    """Returns millionths of a share as decimal text."""
    text = f"{millionths // 10**6}.{millionths % 10**6:06d}"
    return text.rstrip("0").rstrip(".")


def trim(steps):
    """Drops trailing nulls of entries, which say no more than what is not there."""
    out = []
    for entry in steps:
        entry = list(entry)
        while entry[-1] is None:
            entry.pop()
        out.append(entry)
    return out
