"""Worked examples of tax authorities as histories of the ledger: what the authority prints must come out. Writes taxes.json.

Run: python3 taxes.py. Every `cost`, `profit`, `proceeds` and holding below is printed in the source named beside it (or is
the difference of two numbers or the product of a price and a number of shares printed there); none comes from a program.
books.py is held to them before the file is written. Amounts are in cents or pence; where the source gives no day, or only
an order, the days are ours and keep that order.
`unit` is the precision that the source prints in: a whole dollar or pound (100) or a cent (1).
"""

import json
import sys
from datetime import date
from pathlib import Path

sys.dont_write_bytecode = True
from books import Journal  # noqa: E402

HERE = Path(__file__).parent
FIRST = date(1985, 1, 1)


def day(text):
    return (date.fromisoformat(text) - FIRST).days


def example(name, source, base, method, steps, foreign=(), rates=(), unit=1):
    """steps: (entry with its date first, what the source prints after it or {})."""
    setup = {
        "base": base, "places": {c: 2 for c in [base, *foreign]}, "rule": "away", "method": method, "cash_only": False, "carry": 0,
        "rates": [[day(r[0]), *r[1:]] for r in rates],
    }
    return {"name": name, "source": source, **setup, "unit": unit, "steps": [{"e": [day(e[0]), *e[1:]], **printed} for e, printed in steps]}


EXAMPLES = [
    example(
        "a stock dividend of two shares for one, two lots",
        "IRS Publication 550, Basis of Investment Property, Stocks and Bonds, Stock dividends and stock splits, example under 'New and old stock identical'",
        "USD", "fifo",
        [
            (["1999-01-01", "buy", "XYZ", "USD", "1", "30", 0], {}),
            (["1999-01-02", "buy", "XYZ", "USD", "1", "45", 0], {}),
            (["1999-06-01", "stock_dividend", "XYZ", 2, 1], {"lots": {"XYZ": [["3", 3000], ["3", 4500]]}}),
        ],
    ),
    example(
        "a split of two lots",
        "IRS, Frequently asked questions, Stocks (options, splits, traders), question on the cost basis of stock that split",
        "USD", "fifo",
        [
            (["2020-01-01", "buy", "XYZ", "USD", "100", "10", 0], {}),
            (["2020-02-01", "buy", "XYZ", "USD", "100", "12", 0], {}),
            (["2020-03-01", "split", "XYZ", 2, 1], {"lots": {"XYZ": [["200", 100_000], ["200", 120_000]]}}),
        ],
    ),
    example(
        "commission in the basis, a stock dividend of ten shares on a hundred",
        "IRS, VITA/TCE, Link & Learn Taxes, Capital Gain or Loss Workout, case study 1 (Publication 4491)",
        "USD", "fifo",
        [
            (["2012-01-01", "buy", "ABC", "USD", "100", "10.75", 2500], {"lots": {"ABC": [["100", 110_000]]}}),
            (["2012-06-01", "stock_dividend", "ABC", 10, 100], {"lots": {"ABC": [["110", 110_000]]}}),
        ],
    ),
    example(
        "first in, first out where no block is named",
        "IRS, VITA/TCE, Link & Learn Taxes, Capital Gain or Loss Workout, case study 3, Marie (Publication 4491)",
        "USD", "fifo",
        [
            (["2010-01-01", "buy", "ANT", "USD", "100", "20", 0], {}),
            (["2011-01-01", "buy", "ANT", "USD", "100", "23", 0], {}),
            (["2016-01-01", "sell", "ANT", "USD", "100", "30", 0], {"gain": {"proceeds": 300_000, "cost": 200_000, "profit": 100_000}}),
        ],
    ),
    example(
        "the second block named",
        "IRS, VITA/TCE, Link & Learn Taxes, Capital Gain or Loss Workout, case study 3, Marie, last paragraph (Publication 4491)",
        "USD", "fifo",
        [
            (["2010-01-01", "buy", "ANT", "USD", "100", "20", 0], {}),
            (["2011-01-01", "buy", "ANT", "USD", "100", "23", 0], {}),
            (["2016-01-01", "sell", "ANT", "USD", "100", "30", 0, None, [[[1, 0], "100"]]], {"gain": {"proceeds": 300_000, "cost": 230_000, "profit": 70_000}}),
        ],
    ),
    example(
        "a sale over two purchases",
        "IRS Publication 564 (2009), Mutual Fund Distributions, table 3, cost basis (FIFO), page 7",
        "USD", "fifo",
        [
            (["2008-02-06", "buy", "FUND", "USD", "160", "25", 0], {"held": {"FUND": ["160", 400_000]}}),
            (["2008-08-07", "buy", "FUND", "USD", "240", "20", 0], {}),
            (["2008-12-18", "buy", "FUND", "USD", "10", "30", 0], {"held": {"FUND": ["410", 910_000]}}),
            (["2009-10-01", "sell", "FUND", "USD", "210", "32", 0], {"gain": {"proceeds": 672_000, "cost": 500_000}, "held": {"FUND": ["200", 410_000]}}),
        ],
    ),
    example(
        "average basis after a further purchase",
        "IRS Publication 564 (2003), Mutual Fund Distributions, average basis, single-category method, example 3, page 8",
        "USD", "average",
        [
            (["2003-01-01", "buy", "FUND", "USD", "150", "16", 0], {"held": {"FUND": ["150", 240_000]}}),
            (["2003-09-19", "buy", "FUND", "USD", "150", "14", 0], {"held": {"FUND": ["300", 450_000]}}),
            (["2003-12-16", "sell", "FUND", "USD", "50", "15", 0], {"gain": {"cost": 75_000}}),
        ],
    ),
    example(
        "return of capital beyond the basis",
        "IRS Publication 17 (2017), Nondividend distributions, Basis adjustment, example, page 67; the same in Publication 550",
        "USD", "fifo",
        [
            (["2004-01-01", "buy", "XYZ", "USD", "1", "100", 0], {}),
            (["2007-01-01", "return_of_capital", "XYZ", "80"], {"held": {"XYZ": ["1", 2000]}, "gain": {"profit": 0}}),
            (["2017-01-01", "return_of_capital", "XYZ", "30"], {"held": {"XYZ": ["1", 0]}, "gain": {"profit": 1000}}),
        ],
    ),
    example(
        "a non-assessable payment within the cost base",
        "Australian Taxation Office, Company non-assessable payments (CGT event G1), example (Rob, RAP Ltd)",
        "AUD", "fifo",
        [
            (["1994-07-01", "buy", "RAP", "AUD", "1500", "5", 0], {}),
            (["2007-11-30", "return_of_capital", "RAP", "0.5"], {"held": {"RAP": ["1500", 675_000]}, "gain": {"profit": 0}}),
        ],
    ),
    example(
        "cash for the fraction of a stock dividend",
        "IRS Publication 550, Fractional shares, example of a stock dividend of 5% (editions of the tax years around 2007); the last cost is printed as $95.24",
        "USD", "fifo",
        [
            (["1999-01-03", "buy", "XYZ", "USD", "1", "100", 0], {}),
            (["2007-06-30", "stock_dividend", "XYZ", 5, 100, "200"], {"gain": {"proceeds": 1000}, "held": {"XYZ": ["1", 9524]}}),
        ],
    ),
    example(
        "a short sale",
        "IRS, Instructions for Schedule D (Form 1040), 2022, Short sales, example; the same in 2011",
        "USD", "fifo",
        [
            (["2022-01-01", "short", "XYZ", "USD", "10", "10", 0], {}),
            (["2022-06-01", "cover", "XYZ", "USD", "10", "8", 0], {"gain": {"profit": 2000}}),
        ],
    ),
    example(
        "a pool and a part of it sold",
        "HMRC, Cryptoassets Manual, CRYPTO22251, pooling example 1 (section 104 pool)",
        "GBP", "average",
        [
            (["2019-01-01", "buy", "TOK", "GBP", "100", "10", 0], {"held": {"TOK": ["100", 100_000]}}),
            (["2019-09-18", "buy", "TOK", "GBP", "50", "2500", 0], {"held": {"TOK": ["150", 12_600_000]}}),
            (["2019-12-01", "sell", "TOK", "GBP", "50", "6000", 0], {"gain": {"proceeds": 30_000_000, "cost": 4_200_000, "profit": 25_800_000}, "held": {"TOK": ["100", 8_400_000]}}),
        ],
    ),
    example(
        "a pool, a rights issue taken up",
        "HMRC, Capital Gains Manual, CG51895, share reorganisations: pool of qualifying expenditure before the disposal",
        "GBP", "average",
        [
            (["1985-05-15", "buy", "ABE", "GBP", "1000", "4.30", 0], {"held": {"ABE": ["1000", 430_000]}}),
            (["1987-10-01", "buy", "ABE", "GBP", "200", "3.50", 0], {"held": {"ABE": ["1200", 500_000]}}),
        ],
    ),
    example(
        "a takeover for cash and shares, a quarter of the cost for the cash",
        "HMRC, Capital Gains Manual, CG52587, share exchange: other consideration received",
        "GBP", "average",
        [
            (["2005-01-01", "buy", "DDL", "GBP", "20000", "3", 0], {"held": {"DDL": ["20000", 6_000_000]}}),
            (["2012-03-01", "merger", "DDL", "EEW", 2, 1, ["4", 1, 4]], {"gain": {"proceeds": 8_000_000, "cost": 1_500_000, "profit": 6_500_000}, "held": {"EEW": ["40000", 4_500_000]}}),
        ],
    ),
    example(
        "a takeover for cash and shares, a third of the cost for the cash",
        "Australian Taxation Office, Guide to capital gains tax, Scrip for scrip rollover, example 'Partial scrip for scrip rollover' (Gunther, Windsor Ltd)",
        "AUD", "fifo",
        [
            (["2010-01-01", "buy", "WIN", "AUD", "100", "9", 0], {}),
            (["2013-01-01", "merger", "WIN", "REG", 1, 1, ["10", 1, 3]], {"gain": {"proceeds": 100_000, "cost": 30_000, "profit": 70_000}, "held": {"REG": ["100", 60_000]}}),
        ],
    ),
    example(
        "a demerger, a quarter of the cost for the new shares",
        "HMRC, Capital Gains Manual, CG33936, demergers: example (values 18,000 and 6,000)",
        "GBP", "average",
        [
            (["2010-01-01", "buy", "XLT", "GBP", "1000", "5", 0], {}),
            (["2011-01-01", "spin_off", "XLT", "YLT", 1, 2, 6000, 24_000], {"held": {"YLT": ["500", 125_000]}}),
            (["2012-01-01", "sell", "YLT", "GBP", "500", "16", 0], {"gain": {"proceeds": 800_000, "cost": 125_000, "profit": 675_000}}),
        ],
    ),
    example(
        "a demerger, 12/37 of the cost for the new shares",
        "HMRC, Capital Gains Manual, CG52742, company reconstructions: computations involving TCGA92/S136, example (whole pounds)",
        "GBP", "average",
        [
            (["2005-06-01", "buy", "PEX", "GBP", "5000", "3", 0], {"held": {"PEX": ["5000", 1_500_000]}}),
            (["2009-09-01", "spin_off", "PEX", "RHL", 3, 5, 12, 37], {"held": {"RHL": ["3000", 486_500]}}),
        ],
        unit=100,
    ),
    example(
        "shares bought and sold in a foreign currency",
        "HMRC, Capital Gains Manual, CG78336, foreign currency: example, disposal of the shares (whole pounds, cost rounded up)",
        "GBP", "fifo",
        [
            (["2000-01-08", "buy", "USX", "USD", "1000", "100", 0], {}),
            (["2000-12-25", "sell", "USX", "USD", "1000", "100", 0], {"gain": {"profit": 0, "base_proceeds": 5_000_000, "base_cost": 4_347_900, "base_profit": 652_100}}),
        ],
        foreign=["USD"],
        rates=[["2000-01-08", "USD", "indirect", "2.30"], ["2000-12-25", "USD", "indirect", "2.00"]],
        unit=100,
    ),
    example(
        "first in, first out over two parcels",
        "Australian Taxation Office, Identifying when shares or units are acquired, example (Boris, WOA Ltd): which shares are sold; prices are not in it",
        "AUD", "fifo",
        [
            (["2007-07-01", "buy", "WOA", "AUD", "1000", "1", 0], {}),
            (["2012-07-01", "buy", "WOA", "AUD", "3000", "2", 0], {}),
            (["2016-01-01", "sell", "WOA", "AUD", "1500", "3", 0], {"sold": [["2007-07-01", "1000"], ["2012-07-01", "500"]]}),
        ],
    ),
]


def check(example):
    """Holds books.py to what the source prints."""
    journal, unit = Journal(example), example["unit"]
    near = lambda a, b: abs(a - b) < unit
    for number, step in enumerate(example["steps"]):
        journal.post(number, step["e"])
        books = journal.books
        gains = [g for g in books.gains if g["step"] == number]
        total = lambda key: sum(g[key] for g in gains)
        sums = {key: total(key) for key in ("proceeds", "cost", "base_proceeds", "base_cost")}
        sums["profit"], sums["base_profit"] = sums["proceeds"] - sums["cost"], sums["base_proceeds"] - sums["base_cost"]
        for key, printed in step.get("gain", {}).items():
            assert near(sums[key], printed), (example["name"], key, sums[key], printed)
        if "sold" in step:
            step["sold"] = [[day(d), shares] for d, shares in step["sold"]]
            assert [[g["opened"], g["shares"]] for g in gains] == [[d, int(n) * 10**6] for d, n in step["sold"]]
        for symbol, (shares, cost) in step.get("held", {}).items():
            held = books.summary()[1]
            assert held[symbol][0] == int(shares) * 10**6 and near(held[symbol][1], cost), (example["name"], held, cost)
        for symbol, lots in step.get("lots", {}).items():
            assert [[l.shares, l.cost] for l in books.held[symbol]["lots"]] == [[int(n) * 10**6, c] for n, c in lots], example["name"]


if __name__ == "__main__":
    for each in EXAMPLES:
        check(each)
    lines = ",\n".join(json.dumps(e, separators=(",", ":")) for e in EXAMPLES)
    (HERE / "taxes.json").write_text(f'{{"first_day":"{FIRST}","examples":[\n{lines}\n]}}\n')
    print(len(EXAMPLES), "examples")
