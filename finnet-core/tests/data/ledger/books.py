"""A ledger in rational arithmetic: slow, plain, written from the ledger's rules alone and not from its code.

Every state is copied before an entry is tried, every formula is a `fractions.Fraction` that is rounded once at the place
that the rules name. Money is in minor units of its currency, shares in millionths, days count from a scenario's first day.
`oracle.py` draws scenarios and writes what comes out; `taxes.py` holds the worked examples of tax authorities.

Where the rules leave a choice, this is what is held to be right:

 1. An amount of 0 is 0 in every currency and needs no rate; so a split, a rename, a spin-off or a merger in stock alone needs none.
 2. A lot's id is the entry that opened it and its place among those that the entry opened, from 0. A spin-off counts them in
    the order of the parent's lots, those alone of which shares of the child come, also where they then join a pool or are paid
    for in cash at once. A pool has the (opened, id) that comes first.
 3. A position without lots is gone: the symbol may come back on the other side or in another currency.
 4. Into a held position on the other side, or in another currency, nothing moves by spin-off, merger or rename, even if all
    that moves would be paid for in cash. A merger without new shares (new = 0) does not look at `into`.
 5. `from` = `into` (merger), `from` = `to` (rename), parent = child are refused.
 6. A merger's gains stand in this order: those of the cash, of lots closed for nothing, of cash in lieu.
 7. A fee or tax may name a symbol that is not held, a borrow fee too; its currency is free.
 8. Settlement and pay day before the entry's day are refused. Cash of day D is unsettled on D while its settlement is after D.
 9. Limits: cash of a currency, every amount of a line or a lot and every conversion below 10^18 minor units; the shares of
    a trade, a lot and a position below 10^12. Beyond: TooLarge.
10. An inserted entry stands after the last one of the same day or before. A replaced one keeps its place.
11. Lots keep their ids through every correction of another entry; an inserted entry has a number of its own, a replaced one
    keeps its number.
12. Fractions of cost are 0 <= a/b <= 1; ratios and all prices are above 0.
13. NAV needs no rate for a currency in which there is no cash and no position.
14. Named lots: each lot once. A ledger with an average pool may name the pool.
"""

import copy
from fractions import Fraction as F

MONEY = SHARES = 10**18
MILLION = 10**6


class Refused(Exception):
    """An entry that is not possible; carries one word."""


def rounded(x, rule):
    """Returns the whole number nearest to x; a tie by the rule: "away" from zero or to the "even" neighbour."""
    size = abs(F(x))
    whole = size.numerator // size.denominator
    rest = size - whole
    if rest > F(1, 2) or (rest == F(1, 2) and (rule == "away" or whole % 2 == 1)):
        whole += 1
    return whole if x >= 0 else -whole


class Lot:
    def __init__(self, id, opened, shares, cost, base):
        self.id, self.opened, self.shares, self.cost, self.base = id, opened, shares, cost, base


class Books:
    """One ledger: `post` an entry, or be Refused without a trace."""

    def __init__(self, setup):
        self.setup = setup
        self.base, self.places, self.rule = setup["base"], setup["places"], setup["rule"]
        self.method, self.cash_only, self.carry = setup["method"], setup["cash_only"], setup["carry"]
        self.rates = {}
        for day, currency, kind, text in setup["rates"]:
            self.rates[(currency, day)] = F(text) if kind == "direct" else 1 / F(text)
        self.cash, self.held, self.lines, self.gains = {}, {}, [], []
        self.day, self.step, self.place = None, None, 0

    # Money

    def rate(self, currency, day):
        for back in range(self.carry + 1):
            if (currency, day - back) in self.rates:
                return self.rates[(currency, day - back)]
        raise Refused("NoRate")

    def conv(self, amount, currency, day):
        if currency == self.base:
            return amount
        if amount == 0:
            return 0
        rate = self.rate(currency, day)
        return self.money(rounded(F(amount) * 10 ** self.places[self.base] * rate / 10 ** self.places[currency], self.rule))

    def value(self, millionths, price, currency):
        return self.money(rounded(F(millionths) / MILLION * F(price) * 10 ** self.places[currency], self.rule))

    def money(self, amount):
        if abs(amount) >= MONEY:
            raise Refused("TooLarge")
        return amount

    # Journal

    def line(self, kind, symbol, currency, shares=0, cash=0, cost=0, base_cost=0, effect=0, settles=None, base_cash=None):
        if base_cash is None:
            base_cash = self.conv(cash, currency, self.day)
        for amount in (cash, cost, base_cash, base_cost, effect):
            self.money(amount)
        self.cash[currency] = self.money(self.cash.get(currency, 0) + cash)
        self.lines.append({
            "day": self.day, "settles": self.day if settles is None else settles, "kind": kind, "symbol": symbol,
            "currency": currency, "shares": shares, "cash": cash, "cost": cost, "base_cash": base_cash,
            "base_cost": base_cost, "effect": effect,
        })

    def gain(self, symbol, currency, lot, shares, proceeds, cost, base_proceeds, base_cost):
        """Keeps the gain; returns its currency part."""
        effect = 0 if currency == self.base else self.conv(cost, currency, self.day) - base_cost
        self.gains.append({
            "step": self.step, "symbol": symbol, "lot": lot.id, "opened": lot.opened, "closed": self.day, "shares": shares,
            "proceeds": proceeds, "cost": cost, "base_proceeds": base_proceeds, "base_cost": base_cost, "effect": effect,
        })
        return effect

    # Positions

    def position(self, symbol):
        if symbol not in self.held:
            raise Refused("NotHeld")
        return self.held[symbol]

    def share(self, total, weights):
        """Parts of the total by cumulative weights, each rounded: they add up to the total."""
        whole, before, cum, parts = sum(weights), 0, 0, []
        for weight in weights:
            cum += weight
            up_to = rounded(F(total) * cum / whole, self.rule)
            parts.append(up_to - before)
            before = up_to
        return parts

    def picks(self, lots, size, named=None):
        """Returns (lot, size) for so many millionths, by the ledger's method or as named."""
        by_id = {tuple(lot.id): lot for lot in lots}
        if size > sum(abs(lot.shares) for lot in lots):
            raise Refused("MoreThanHeld")
        if named is not None:
            out = []
            for id, text in named:
                id = tuple(id)
                if id not in by_id or id in (tuple(lot.id) for lot, _ in out):
                    raise Refused("NoSuchLot")
                part = int(F(text) * MILLION)
                if part > abs(by_id[id].shares):
                    raise Refused("NoSuchLot")
                out.append((by_id[id], part))
            if sum(part for _, part in out) != size:
                raise Refused("LotsDiffer")
            return out
        order = list(lots)
        if self.method == "lifo":
            order.reverse()
        elif self.method == "hifo":
            order.sort(key=lambda lot: -F(lot.cost, lot.shares))
        out = []
        for lot in order:
            part = min(size, abs(lot.shares))
            if part > 0:
                out.append((lot, part))
                size -= part
        return out

    def take(self, symbol, currency, lots, picks, proceeds, settles=None):
        sizes = [part for _, part in picks]
        each = self.share(proceeds, sizes)
        base_each = self.share(self.conv(proceeds, currency, self.day), sizes)
        moved = cost = base = effect = 0
        for (lot, part), p, bp in zip(picks, each, base_each):
            if part == abs(lot.shares):
                c, b = lot.cost, lot.base
            else:
                c = rounded(F(lot.cost) * part / abs(lot.shares), self.rule)
                b = rounded(F(lot.base) * part / abs(lot.shares), self.rule)
            t = part if lot.shares > 0 else -part
            effect += self.gain(symbol, currency, lot, t, p, c, bp, b)
            lot.shares, lot.cost, lot.base = lot.shares - t, lot.cost - c, lot.base - b
            moved, cost, base = moved + t, cost + c, base + b
        self.line("Trade", symbol, currency, -moved, proceeds, -cost, -base, effect, settles)
        lots[:] = [lot for lot in lots if lot.shares != 0]

    def whole(self, lots):
        return [(lot, abs(lot.shares)) for lot in lots]

    def next_id(self):
        self.place += 1
        return (self.step, self.place - 1)

    def settle_position(self, symbol):
        if symbol in self.held:
            if not self.held[symbol]["lots"]:
                del self.held[symbol]
            elif abs(sum(lot.shares for lot in self.held[symbol]["lots"])) >= SHARES:
                raise Refused("TooLarge")

    def join(self, symbol, currency, lots):
        """Lots arrive at a position; in an average pool they become one."""
        if not lots:
            return
        there = self.held.setdefault(symbol, {"currency": currency, "lots": []})["lots"]
        there += lots
        there.sort(key=lambda lot: (lot.opened, lot.id))
        if self.method == "average":
            first = there[0]
            for other in there[1:]:
                first.shares, first.cost, first.base = first.shares + other.shares, first.cost + other.cost, first.base + other.base
            there[:] = [first]
        for lot in there:
            self.money(lot.cost), self.money(lot.base)
        self.settle_position(symbol)

    def may_join(self, symbol, currency, sign):
        if symbol in self.held:
            there = self.held[symbol]
            if there["currency"] != currency:
                raise Refused("OtherCurrency")
            if (there["lots"][0].shares > 0) != (sign > 0):
                raise Refused("OtherSide")

    # Entries

    def post(self, entry, step=None):
        before = copy.deepcopy({k: v for k, v in self.__dict__.items() if k not in ("setup", "rates", "places")})
        try:
            self.step, self.place = step, 0
            if self.day is not None and entry[0] < self.day:
                raise Refused("OutOfOrder")
            cash = dict(self.cash)
            self.day = entry[0]
            getattr(self, "on_" + entry[1])(*entry[2:])
            if self.cash_only:
                for currency, amount in self.cash.items():
                    if amount < 0 and amount < cash.get(currency, 0):
                        raise Refused("NotEnoughCash")
        except Refused:
            self.__dict__.update(before)
            raise

    def settles(self, day):
        if day is not None and day < self.day:
            raise Refused("SettlesBefore")
        return day

    def positive(self, amount):
        if amount <= 0:
            raise Refused("NotPositive")
        return self.money(amount)

    def on_deposit(self, currency, amount):
        self.line("Flow", None, currency, cash=self.positive(amount))

    def on_withdrawal(self, currency, amount):
        self.line("Flow", None, currency, cash=-self.positive(amount))

    def on_interest(self, currency, amount):
        if amount == 0:
            raise Refused("NotPositive")
        self.line("Interest", None, currency, cash=amount)

    def on_fee(self, currency, amount, symbol=None):
        self.line("Fee", symbol, currency, cash=-self.positive(amount))

    def on_tax(self, currency, amount, symbol=None):
        self.line("Tax", symbol, currency, cash=-self.positive(amount))

    def on_borrow(self, currency, amount, symbol):
        self.line("Borrow", symbol, currency, cash=-self.positive(amount))

    def on_exchange(self, give, given, get, got):
        if give == get:
            raise Refused("Same")
        for currency, amount in ((give, -self.positive(given)), (get, self.positive(got))):
            self.line("Exchange", None, currency, cash=amount, effect=self.conv(amount, currency, self.day))

    def open(self, symbol, currency, shares, cost, settles):
        """A purchase or a short sale: cash goes by the negative cost."""
        if abs(shares) >= SHARES:
            raise Refused("TooLarge")
        self.may_join(symbol, currency, shares)
        base = self.conv(cost, currency, self.day)
        self.line("Trade", symbol, currency, shares, -cost, cost, base, 0, self.settles(settles))
        if self.method == "average" and symbol in self.held:
            pool = self.held[symbol]["lots"][0]
            pool.shares, pool.cost, pool.base = pool.shares + shares, self.money(pool.cost + cost), self.money(pool.base + base)
            self.settle_position(symbol)
            return
        self.join(symbol, currency, [Lot(self.next_id(), self.day, shares, cost, base)])

    def on_buy(self, symbol, currency, shares, price, fee, settles=None):
        size = int(F(shares) * MILLION)
        self.open(symbol, currency, size, self.money(self.value(size, price, currency) + fee), settles)

    def on_short(self, symbol, currency, shares, price, fee, settles=None):
        size = int(F(shares) * MILLION)
        self.open(symbol, currency, -size, -self.money(self.value(size, price, currency) - fee), settles)

    def close(self, symbol, currency, shares, sign, proceeds, settles, named):
        if shares >= SHARES:
            raise Refused("TooLarge")
        there = self.position(symbol)
        self.may_join(symbol, currency, sign)
        self.take(symbol, currency, there["lots"], self.picks(there["lots"], shares, named), proceeds, self.settles(settles))
        self.settle_position(symbol)

    def on_sell(self, symbol, currency, shares, price, fee, settles=None, named=None):
        size = int(F(shares) * MILLION)
        self.close(symbol, currency, size, 1, self.value(size, price, currency) - fee, settles, named)

    def on_cover(self, symbol, currency, shares, price, fee, settles=None, named=None):
        size = int(F(shares) * MILLION)
        self.close(symbol, currency, size, -1, -(self.value(size, price, currency) + fee), settles, named)

    def total(self, symbol):
        return sum(lot.shares for lot in self.position(symbol)["lots"])

    def on_dividend(self, symbol, per_share, withheld=0, pays=None):
        shares, currency = self.total(symbol), self.held[symbol]["currency"]
        self.line("Dividend", symbol, currency, cash=self.value(shares, per_share, currency), settles=self.settles(pays))
        if withheld > max(0, self.value(shares, per_share, currency)):
            raise Refused("Withheld")
        if withheld:
            self.line("Tax", symbol, currency, cash=-self.positive(withheld), settles=pays)

    def scale(self, symbol, currency, lots, new, old):
        """Gives the lots new shares for old and closes for nothing those that come to no share; returns N, exact, in millionths."""
        shares = [lot.shares for lot in lots]
        exact = F(sum(shares)) * new / old
        becomes = self.share(exact, shares)
        gone = [lot for lot, after in zip(lots, becomes) if after == 0]
        if gone:
            moved = sum(lot.shares for lot in gone)
            effect = sum(self.gain(symbol, currency, lot, lot.shares, 0, lot.cost, 0, lot.base) for lot in gone)
            self.line("Trade", symbol, currency, -moved, 0, -sum(l.cost for l in gone), -sum(l.base for l in gone), effect)
        for lot, after in zip(lots, becomes):
            lot.shares = after
            if abs(after) >= SHARES:
                raise Refused("TooLarge")
        lots[:] = [lot for lot in lots if lot.shares != 0]
        return exact

    def in_lieu(self, symbol, currency, lots, exact, price):
        if price is None:
            return
        whole = int(abs(exact) // MILLION) * (1 if exact > 0 else -1)
        fraction = sum(lot.shares for lot in lots) - whole * MILLION
        if fraction != 0:
            proceeds = self.value(exact - whole * MILLION, price, currency)
            self.take(symbol, currency, lots, self.picks(lots, abs(fraction)), proceeds)

    def on_split(self, symbol, new, old, price=None):
        if new <= 0 or old <= 0:
            raise Refused("NotPositive")
        there = self.position(symbol)
        exact = self.scale(symbol, there["currency"], there["lots"], new, old)
        self.in_lieu(symbol, there["currency"], there["lots"], exact, price)
        self.settle_position(symbol)

    def on_stock_dividend(self, symbol, new, per, price=None):
        self.on_split(symbol, per + new, per, price)

    def on_spin_off(self, parent, child, new, per, a, b, price=None):
        if parent == child:
            raise Refused("Same")
        there = self.position(parent)
        currency = there["currency"]
        self.may_join(child, currency, there["lots"][0].shares)
        shares = [lot.shares for lot in there["lots"]]
        exact = F(sum(shares)) * new / per
        arriving = []
        for lot, n in zip(there["lots"], self.share(exact, shares)):
            if n != 0:
                m, bm = rounded(F(lot.cost) * a / b, self.rule), rounded(F(lot.base) * a / b, self.rule)
                lot.cost, lot.base = lot.cost - m, lot.base - bm
                arriving.append(Lot(self.next_id(), lot.opened, n, m, bm))
        cost, base = sum(l.cost for l in arriving), sum(l.base for l in arriving)
        self.line("Transfer", parent, currency, 0, 0, -cost, -base)
        self.line("Transfer", child, currency, sum(l.shares for l in arriving), 0, cost, base)
        self.in_lieu(child, currency, arriving, exact, price)
        self.join(child, currency, arriving)

    def on_merger(self, source, into, new, old, cash=None, price=None):
        if source == into:
            raise Refused("Same")
        if new == 0 and cash is None:
            raise Refused("NothingGiven")
        there = self.position(source)
        currency, lots = there["currency"], there["lots"]
        if new > 0:
            self.may_join(into, currency, lots[0].shares)
        if cash is not None:
            per_share, a, b = cash
            if new == 0:
                a = b = 1
            shares = [lot.shares for lot in lots]
            total = self.value(sum(shares), per_share, currency)
            each, base_each = self.share(total, shares), self.share(self.conv(total, currency, self.day), shares)
            cost = base = effect = 0
            for lot, p, bp in zip(lots, each, base_each):
                k, bk = rounded(F(lot.cost) * a / b, self.rule), rounded(F(lot.base) * a / b, self.rule)
                effect += self.gain(source, currency, lot, lot.shares, p, k, bp, bk)
                lot.cost, lot.base, cost, base = lot.cost - k, lot.base - bk, cost + k, base + bk
            self.line("Trade", source, currency, -sum(shares) if new == 0 else 0, total, -cost, -base, effect)
        if new == 0:
            del self.held[source]
            return
        exact = self.scale(source, currency, lots, new, old)
        cost, base = sum(l.cost for l in lots), sum(l.base for l in lots)
        del self.held[source]
        self.line("Transfer", source, currency, 0, 0, -cost, -base)
        self.line("Transfer", into, currency, sum(l.shares for l in lots), 0, cost, base)
        self.in_lieu(into, currency, lots, exact, price)
        self.join(into, currency, lots)

    def on_rename(self, source, to):
        if source == to:
            raise Refused("Same")
        there = self.position(source)
        self.may_join(to, there["currency"], there["lots"][0].shares)
        cost, base = sum(l.cost for l in there["lots"]), sum(l.base for l in there["lots"])
        self.line("Transfer", source, there["currency"], 0, 0, -cost, -base)
        self.line("Transfer", to, there["currency"], 0, 0, cost, base)
        del self.held[source]
        self.join(to, there["currency"], there["lots"])

    def on_return_of_capital(self, symbol, per_share):
        there = self.position(symbol)
        currency, lots = there["currency"], there["lots"]
        shares = [lot.shares for lot in lots]
        total = self.value(sum(shares), per_share, currency)
        each, base_each = self.share(total, shares), self.share(self.conv(total, currency, self.day), shares)
        cost = base = effect = 0
        for lot, t, bt in zip(lots, each, base_each):
            if abs(t) >= abs(lot.cost):
                c, b = lot.cost, lot.base
            else:
                c, b = t, rounded(F(lot.base) * t / lot.cost, self.rule)
            part = 0 if currency == self.base else self.conv(c, currency, self.day) - b
            if t - c != 0 or part != 0 or (bt - b) - part != 0:
                self.gain(symbol, currency, lot, 0, t, c, bt, b)
            lot.cost, lot.base = lot.cost - c, lot.base - b
            cost, base, effect = cost + c, base + b, effect + part
        self.line("Trade", symbol, currency, 0, total, -cost, -base, effect)

    def on_delisting(self, symbol, per_share=None):
        there = self.position(symbol)
        proceeds = 0 if per_share is None else self.value(self.total(symbol), per_share, there["currency"])
        self.take(symbol, there["currency"], there["lots"], self.whole(there["lots"]), proceeds)
        self.settle_position(symbol)

    def profits(self, kind, symbol, currency, shares, price, fee):
        """Returns what a sale or cover would bring by FIFO, LIFO, HIFO and the average of all lots; of a pool by the average alone."""
        size, lots = int(F(shares) * MILLION), self.position(symbol)["lots"]
        value = self.value(size, price, currency)
        proceeds = value - fee if kind == "sell" else -(value + fee)
        held, cost = abs(sum(l.shares for l in lots)), sum(l.cost for l in lots)
        average = proceeds - rounded(F(cost) * size / held, self.rule)
        out, own = [], self.method
        if own == "average":
            return [average]
        for self.method in ("fifo", "lifo", "hifo"):
            costs = (rounded(F(lot.cost) * part / abs(lot.shares), self.rule) for lot, part in self.picks(lots, size))
            out.append(proceeds - sum(costs))
        self.method = own
        return [*out, average]

    # Reports

    def summary(self):
        cash = {c: m for c, m in self.cash.items() if m != 0}
        held = {s: [sum(l.shares for l in p["lots"]), sum(l.cost for l in p["lots"]), sum(l.base for l in p["lots"])] for s, p in self.held.items()}
        return cash, held

    def lot_rows(self):
        return [[s, l.id, l.opened, l.shares, l.cost, l.base] for s in sorted(self.held) for l in self.held[s]["lots"]]

    def line_sums(self):
        sums = {}
        for line in self.lines:
            row = sums.setdefault((line["kind"], line["symbol"] or "", line["currency"]), [0] * 5)
            for i, name in enumerate(("cash", "cost", "base_cash", "base_cost", "effect")):
                row[i] += line[name]
        return [[*key, *row] for key, row in sorted(sums.items()) if any(row)]

    def unsettled(self, day):
        out = {}
        for line in self.lines:
            if line["day"] <= day < line["settles"]:
                out[line["currency"]] = out.get(line["currency"], 0) + line["cash"]
        return {c: m for c, m in out.items() if m}


class Journal:
    """Books that remember their entries, for corrections and for the state at any past day."""

    def __init__(self, setup):
        self.setup, self.books = setup, Books(setup)
        self.entries = []  # (step, entry)
        self.states = []  # (day, copy of the books)

    def post(self, step, entry):
        self.books.post(entry, step)
        self.entries.append((step, entry))
        self.states.append((entry[0], copy.deepcopy(self.books)))

    def at(self, day):
        found = Books(self.setup)
        for when, books in self.states:
            if when <= day:
                found = books
        return found

    def replay(self, entries, own=None):
        """Returns a new journal of these entries; Refused names the step that is not possible, if it is not the corrected one."""
        out = Journal(self.setup)
        for step, entry in entries:
            try:
                out.post(step, entry)
            except Refused as refused:
                raise (refused if step == own else Refused(f"{refused}@{step}")) from refused
        return out

    def remove(self, step):
        self.become(self.replay([(s, e) for s, e in self.entries if s != step]))

    def insert(self, step, entry):
        place = max((i + 1 for i, (_, e) in enumerate(self.entries) if e[0] <= entry[0]), default=0)
        self.become(self.replay(self.entries[:place] + [(step, entry)] + self.entries[place:], step))

    def replace(self, old, entry):
        self.become(self.replay([(s, entry if s == old else e) for s, e in self.entries], old))

    def become(self, other):
        self.books, self.entries, self.states = other.books, other.entries, other.states

    def reverse(self, day, step):
        """Dated: what was booked stays as it was until the day; on it the difference to a replay without the entry is booked."""
        if day < self.books.day:
            raise Refused("OutOfOrder")
        other = self.replay([(s, e) for s, e in self.entries if s != step])
        was, now = self.books, other.books
        books = copy.deepcopy(now)
        names = ("cash", "cost", "base_cash", "base_cost", "effect")
        books.lines = list(was.lines)
        sums = {}
        for sign, lines in ((1, now.lines), (-1, was.lines)):
            for line in lines:
                row = sums.setdefault((line["kind"], line["symbol"], line["currency"]), [0] * 5)
                for i, name in enumerate(names):
                    row[i] += sign * line[name]
        for (kind, symbol, currency), row in sums.items():
            if any(row):
                books.lines.append({"day": day, "settles": day, "kind": kind, "symbol": symbol, "currency": currency, "shares": 0} | dict(zip(names, row)))
        books.day = day
        self.entries = other.entries
        self.books = books
        self.states.append((day, copy.deepcopy(books)))


def nav(journal, day, closes):
    """Returns the NAV, or (symbols without a close, currencies without a rate)."""
    books = journal.at(day)
    total, no_close, no_rate = 0, [], set()
    for currency, amount in books.cash.items():
        try:
            total += books.conv(amount, currency, day)
        except Refused:
            no_rate.add(currency)
    for symbol, there in books.held.items():
        if symbol not in closes:
            no_close.append(symbol)
        if there["currency"] != books.base:
            try:
                books.rate(there["currency"], day)
            except Refused:
                no_rate.add(there["currency"])
                continue
        if symbol in closes:
            total += books.conv(books.value(sum(l.shares for l in there["lots"]), closes[symbol], there["currency"]), there["currency"], day)
    if no_close or no_rate:
        return sorted(no_close), sorted(no_rate)
    return total


def marks(books, day, closes):
    """Returns per symbol: unrealised price part and currency part in base; and Σ conv(MV)."""
    out = {}
    for symbol, there in books.held.items():
        currency, lots = there["currency"], there["lots"]
        worth = books.conv(books.value(sum(l.shares for l in lots), closes[symbol], currency), currency, day)
        cost = books.conv(sum(l.cost for l in lots), currency, day)
        out[symbol] = (worth - cost, cost - sum(l.base for l in lots))
    return out


TERMS = ("flows", "realised", "unrealised", "income", "costs", "currency", "transferred")


def explain(journal, start, end, closes_start, closes_end):
    """Returns {symbol or "": terms}; their sum is held to the change of NAV here already."""
    a, b = journal.at(start), journal.at(end)
    terms = {}
    term = lambda symbol: terms.setdefault(symbol or "", dict.fromkeys(TERMS, 0))
    for sign, books, day, closes in ((-1, a, start, closes_start), (1, b, end, closes_end)):
        for symbol, (price, currency) in marks(books, day, closes).items():
            term(symbol)["unrealised"] += sign * price
            term(symbol)["currency"] += sign * currency
        for currency, amount in books.cash.items():
            term("")["currency"] += sign * books.conv(amount, currency, day)
    for line in journal.books.lines:
        if not start < line["day"] <= end:
            continue
        of, kind = term(line["symbol"]), line["kind"]
        term("")["currency"] -= line["base_cash"]
        if kind == "Flow":
            of["flows"] += line["base_cash"]
        elif kind in ("Dividend", "Interest"):
            of["income"] += line["base_cash"]
        elif kind in ("Fee", "Tax", "Borrow"):
            of["costs"] += line["base_cash"]
        elif kind == "Exchange":
            of["currency"] += line["base_cash"]
        elif kind == "Transfer":
            of["transferred"] += line["base_cost"]
        else:
            of["realised"] += line["base_cash"] + line["base_cost"] - line["effect"]
            of["currency"] += line["effect"]
    change = nav(journal, end, closes_end) - nav(journal, start, closes_start)
    assert sum(sum(t.values()) for t in terms.values()) == change, (terms, change)
    return {s: [t[name] for name in TERMS] for s, t in sorted(terms.items()) if any(t.values())}
