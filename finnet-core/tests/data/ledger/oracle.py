"""Writes oracle.json: histories written by hand and drawn by a seed, with all that must come out by books.py.

Run: python3 oracle.py (Python 3.9 or later, nothing else). The form of the file is told in README.md; the rules and what is
decided where they leave a choice, at the top of books.py.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from draw import Draw, run  # noqa: E402

HERE = Path(__file__).parent


def setup(base="USD", foreign=(), method="fifo", rule="away", cash_only=False, carry=0, rates=()):
    places = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
    return {
        "base": base, "places": {c: places[c] for c in [base, *foreign]}, "rule": rule, "method": method,
        "cash_only": cash_only, "carry": carry, "rates": [list(r) for r in rates],
    }


def written():
    """Histories that a seed would hardly find."""
    thirds = [[0, "buy", "AAA", "USD", "3", "33.34", 0], [1, "sell", "AAA", "USD", "1", "50", 0], [1, "sell", "AAA", "USD", "1", "50", 0], [2, "sell", "AAA", "USD", "1", "50", 0]]
    yield run("a lot in thirds", setup(), thirds, [(0, {"AAA": "33.34"}), (1, {"AAA": "49"}), (3, {})])

    home = [[0, "buy", "DDD", "USD", "10", "10", 0], [0, "buy", "DDD", "USD", "5", "10", 0], [1, "rename", "DDD", "AAA"], [1, "delisting", "AAA", "11"], [2, "buy", "AAA", "EUR", "5", "20", 0], [3, "reverse", 1]]
    rates = [[d, "EUR", "direct", "1.1"] for d in range(5)]
    yield run("reversed after the currency changed", setup(foreign=["EUR"], rates=rates), home, [(2, {"AAA": "20"}), (4, {"AAA": "21"})])

    ties = [[0, "buy", "AAA", "USD", "0.5", "0.05", 0], [0, "buy", "AAA", "USD", "2", "0.025", 0], [1, "sell", "AAA", "USD", "1", "0.125", 0], [1, "sell", "AAA", "USD", "0.5", "0.25", 0]]
    for rule in ("away", "even"):
        yield run(f"halves of a cent, {rule}", setup(rule=rule), ties, [(0, {"AAA": "0.03"}), (1, {"AAA": "0.05"})])

    same = [[0, "buy", "AAA", "USD", "10", "20", 0], [1, "buy", "AAA", "USD", "5", "20", 0], [2, "buy", "AAA", "USD", "4", "25", 0], [3, "buy", "AAA", "USD", "8", "25", 0], [4, "sell", "AAA", "USD", "6", "30", 0], [5, "sell", "AAA", "USD", "13", "31", 100]]
    for method in ("fifo", "lifo", "hifo", "average"):
        yield run(f"lots of one price, {method}", setup(method=method), same, [(3, {"AAA": "29"}), (6, {"AAA": "31"})])

    shorts = [[0, "short", "AAA", "USD", "10", "20", 100], [1, "short", "AAA", "USD", "10", "30", 100], [2, "dividend", "AAA", "0.33"], [3, "borrow", "USD", 77, "AAA"], [4, "cover", "AAA", "USD", "12.5", "22.22", 99], [5, "split", "AAA", 1, 4, "90"], [6, "return_of_capital", "AAA", "1.5"], [7, "delisting", "AAA", "3"]]
    for method in ("fifo", "lifo", "hifo", "average"):
        yield run(f"a short to its end, {method}", setup(method=method), shorts, [(0, {"AAA": "21"}), (3, {"AAA": "25"}), (5, {"AAA": "88"}), (8, {})])

    rates = [[0, "EUR", "direct", "1.1"], [1, "EUR", "direct", "1.3"]]
    still = [[0, "buy", "AAA", "EUR", "7", "10", 0], [2, "split", "AAA", 3, 2], [3, "rename", "AAA", "BBB"], [4, "spin_off", "BBB", "CCC", 1, 2, 1, 3], [5, "merger", "CCC", "DDD", 2, 1], [6, "stock_dividend", "BBB", 1, 10], [7, "dividend", "BBB", "0.5"], [7, "sell", "BBB", "EUR", "1", "9", 0]]
    yield run("no rate where no money moves", setup(foreign=["EUR"], rates=rates), still, [(0, {"AAA": "10"}), (1, {"AAA": "11"}), (6, {"BBB": "11", "DDD": "3"})], "rule 1")

    near = 999_999_999_999_999_999
    big = [
        [0, "deposit", "USD", near], [0, "deposit", "USD", 1], [1, "withdrawal", "USD", near], [2, "deposit", "USD", 500_000_000_000_000_000],
        [3, "buy", "AAA", "USD", "999999999999.999999", "0.01", 0], [3, "buy", "AAA", "USD", "0.000001", "0.01", 0],
        [4, "sell", "AAA", "USD", "333333333333.333333", "0.00000001", 1], [4, "split", "AAA", 3, 2], [4, "split", "AAA", 2, 1],
        [5, "buy", "BBB", "USD", "0.000001", "999999999999.99999999", 0], [5, "buy", "BBB", "USD", "100000", "999999999999.99999999", 0],
        [6, "buy", "CCC", "USD", "0.000001", "0.00000001", 0], [7, "sell", "CCC", "USD", "0.000001", "999999999999.99999999", 0],
        [8, "sell", "AAA", "USD", "0.000001", "0.01", 0],
    ]
    yield run("at the limits", setup(), big, [(3, {"AAA": "0.01"}), (8, {"AAA": "0.00000001", "BBB": "999999999999.99999999"})])
    rates = [[d, "JPY", "indirect", "149.123456789012"] for d in range(4)] + [[d, "KWD", "direct", "8999999.999999999999"] for d in range(4)]
    far = [[0, "deposit", "JPY", near], [1, "deposit", "KWD", 111_111_111_111], [1, "deposit", "KWD", 111_111_111_111_111], [2, "buy", "JJJ", "JPY", "1000000", "999999999", 0], [3, "sell", "JJJ", "JPY", "333333.333333", "987654321.12345678", 1]]
    yield run("far rates", setup(foreign=["JPY", "KWD"], rates=rates), far, [(2, {"JJJ": "1000000000"}), (3, {"JJJ": "1"})])

    poor = [[0, "withdrawal", "USD", 1], [0, "deposit", "USD", 10_000], [1, "buy", "AAA", "USD", "10", "10", 1], [1, "buy", "AAA", "USD", "10", "10", 0], [2, "fee", "USD", 1], [2, "short", "BBB", "USD", "1", "5", 0], [3, "dividend", "AAA", "1", 1000], [3, "cover", "BBB", "USD", "1", "16", 0], [4, "dividend", "AAA", "1", 999], [5, "cover", "BBB", "USD", "1", "5.01", 0], [6, "withdrawal", "USD", 1], [7, "interest", "USD", -1]]
    yield run("cash only", setup(cash_only=True), poor, [(1, {"AAA": "10"}), (7, {"AAA": "11"})])

    lacks = [[0, "deposit", "EUR", 1000], [0, "buy", "AAA", "EUR", "1", "5", 0], [0, "buy", "BBB", "USD", "2", "5", 0], [0, "buy", "CCC", "JPY", "3", "500", 0], [1, "withdrawal", "EUR", 500]]
    rates = [[0, "EUR", "direct", "1.1"], [0, "JPY", "indirect", "150"], [1, "EUR", "direct", "1.1"], [3, "JPY", "indirect", "151"]]
    yield run("what can't be priced", setup(foreign=["EUR", "JPY"], rates=rates), lacks, [(0, {"AAA": "5", "BBB": "5", "CCC": "500"}), (0, {"BBB": "5"}), (2, {"AAA": "5", "CCC": "500"}), (3, {"CCC": "500"})])

    again = [[0, "deposit", "EUR", 500_000], [1, "buy", "AAA", "USD", "10", "10", 0], [2, "sell", "AAA", "USD", "10", "11", 0], [3, "short", "AAA", "EUR", "5", "20", 10], [4, "cover", "AAA", "EUR", "5", "19", 10], [5, "buy", "AAA", "EUR", "7", "3", 0]]
    rates = [[d, "EUR", "direct", f"1.{10 + d}"] for d in range(7)]
    yield run("a symbol comes back", setup(foreign=["EUR"], rates=rates), again, [(1, {"AAA": "10"}), (3, {"AAA": "21"}), (6, {"AAA": "3.5"})], "rule 3")

    carried = [[0, "buy", "AAA", "EUR", "10", "10", 0], [3, "dividend", "AAA", "1"], [4, "dividend", "AAA", "1"], [9, "sell", "AAA", "EUR", "5", "12", 0]]
    yield run("carry of three days", setup(foreign=["EUR"], carry=3, rates=[[0, "EUR", "direct", "1.1"], [6, "EUR", "indirect", "0.9"]]), carried, [(3, {"AAA": "11"}), (4, {"AAA": "11"}), (9, {"AAA": "12"}), (10, {"AAA": "12"})])

    gone = [[0, "buy", "AAA", "USD", "0.000001", "1000000", 0], [0, "buy", "AAA", "USD", "5", "10", 0], [1, "split", "AAA", 1, 4], [2, "split", "AAA", 1, 2, "80"], [3, "buy", "BBB", "USD", "3", "10", 0], [4, "split", "BBB", 1, 10, "99.99"], [5, "buy", "CCC", "USD", "0.000001", "90000", 0], [6, "merger", "CCC", "AAA", 1, 9, [ "0.5", 1, 2], "3"], [7, "buy", "CCC", "USD", "0.000001", "90000", 0], [8, "split", "CCC", 1, 9]]
    yield run("lots that come to nothing", setup(), gone, [(0, {"AAA": "10"}), (2, {"AAA": "80"}), (9, {})])

    pools = [[0, "buy", "AAA", "USD", "10", "10", 0], [1, "buy", "AAA", "USD", "5", "13.33", 7], [2, "buy", "BBB", "USD", "8", "4", 0], [3, "spin_off", "AAA", "BBB", 1, 2, 3, 10], [4, "buy", "CCC", "USD", "1", "1", 0], [5, "spin_off", "AAA", "DDD", 1, 3, 1, 7, "5"], [6, "rename", "BBB", "DDD"], [7, "merger", "DDD", "AAA", 2, 3, None, "9.99"], [8, "sell", "AAA", "USD", "4", "12", 0], [9, "return_of_capital", "AAA", "100"]]
    yield run("pools that join", setup(method="average"), pools, [(3, {"AAA": "9", "BBB": "4"}), (6, {"AAA": "9", "CCC": "1", "DDD": "5"}), (9, {"AAA": "1", "CCC": "1"})], "rule 2")

    joined = [[0, "buy", "AAA", "USD", "10", "10", 0], [1, "buy", "BBB", "USD", "10", "20", 0], [2, "buy", "AAA", "USD", "10", "30", 0], [3, "buy", "BBB", "USD", "10", "40", 0], [4, "rename", "BBB", "AAA"], [5, "sell", "AAA", "USD", "25", "50", 0], [6, "buy", "CCC", "USD", "5", "5", 0], [7, "merger", "AAA", "CCC", 1, 3, None, "150"], [8, "sell", "CCC", "USD", "3", "60", 0]]
    for method in ("fifo", "lifo", "hifo"):
        yield run(f"lots that join, {method}", setup(method=method), joined, [(3, {"AAA": "31", "BBB": "41"}), (5, {"AAA": "51"}), (8, {"CCC": "61"})])

    dear = [[0, "buy", "AAA", "USD", "3", "0.01", 5], [1, "sell", "AAA", "USD", "1", "0.01", 50], [1, "sell", "AAA", "USD", "2", "0.01", 0], [2, "short", "BBB", "USD", "1", "0.01", 5], [3, "cover", "BBB", "USD", "1", "0.01", 0]]
    yield run("fees above the value", setup(), dear, [(0, {"AAA": "0.01"}), (2, {"BBB": "0.02"}), (3, {})])

    edges = [[0, "buy", "AAA", "USD", "2.999999", "10", 0], [1, "split", "AAA", 1, 3, "30"], [2, "buy", "BBB", "USD", "7", "10", 0], [3, "spin_off", "BBB", "CCC", 1, 1, 1, 1], [4, "spin_off", "BBB", "DDD", 1, 2, 0, 1, "4"], [5, "return_of_capital", "BBB", "1"], [6, "buy", "EEE", "USD", "0.001", "0.01", 0], [6, "buy", "EEE", "USD", "1", "3", 0], [7, "return_of_capital", "EEE", "0.01"], [8, "return_of_capital", "EEE", "0.001"], [9, "return_of_capital", "EEE", "9"]]
    yield run("all of a cost and none of it", setup(), edges, [(2, {"BBB": "10"}), (5, {"BBB": "8", "CCC": "4", "DDD": "2"}), (9, {"BBB": "8", "CCC": "4", "DDD": "2", "EEE": "7"})])

    apart = [[0, "buy", "AAA", "USD", "10", "10", 0], [0, "short", "BBB", "USD", "1", "10", 0], [1, "spin_off", "AAA", "BBB", 1, 5, 1, 4], [1, "spin_off", "AAA", "BBB", 1, 400, 1, 4, "30"], [1, "merger", "AAA", "BBB", 1, 400, None, "30"], [2, "rename", "AAA", "BBB"], [2, "merger", "AAA", "BBB", 1, 5], [3, "merger", "AAA", "BBB", 0, 1, ["5", 1, 9]]]
    yield run("long beside short", setup(), apart, [(1, {"AAA": "10", "BBB": "9"}), (3, {"BBB": "8"})], "rule 4")

    late = [[0, "deposit", "USD", 100_000], [1, "buy", "AAA", "USD", "10", "10", 0, 3], [2, "sell", "AAA", "USD", "5", "11", 0, 4], [2, "dividend", "AAA", "0.2", 15, 5]]
    yield run("cash that is not settled yet", setup(), late, [(1, {"AAA": "10"}), (2, {"AAA": "11"}), (3, {"AAA": "11"}), (4, {"AAA": "11"}), (5, {"AAA": "11"})])

    bad = [[0, "buy", "AAA", "USD", "10", "10", 0], [1, "merger", "AAA", "BBB", 0, 1], [1, "spin_off", "AAA", "AAA", 1, 1, 1, 2], [1, "rename", "AAA", "AAA"], [1, "exchange", "USD", 5, "USD", 5], [1, "sell", "AAA", "USD", "2", "10", 0, None, [[[0, 0], "1"]]], [1, "sell", "AAA", "USD", "2", "10", 0, None, [[[7, 0], "2"]]], [1, "sell", "AAA", "USD", "11", "10", 0, None, [[[0, 0], "11"]]], [1, "sell", "AAA", "USD", "5", "10", 0, None, [[[0, 0], "2"], [[0, 0], "3"]]], [1, "merger", "AAA", "AAA", 0, 1, ["12", 1, 9]], [0, "sell", "AAA", "USD", "1", "10", 0, 0], [0, "merger", "AAA", "BBB", 0, 1, ["12", 1, 9]]]
    yield run("nothing of this is possible but the first and the last two", setup(), bad, [(0, {})])


def corrected():
    """Corrections: the state afterwards is that of a replay."""
    base = [
        [0, "deposit", "USD", 1_000_000], [1, "buy", "AAA", "USD", "10", "10.01", 5], [2, "buy", "AAA", "USD", "10", "12.03", 5], [3, "buy", "BBB", "EUR", "3.5", "100", 0],
        [4, "sell", "AAA", "USD", "7", "13", 5], [5, "dividend", "AAA", "0.4", 60], [6, "split", "AAA", 3, 2, "8.8"], [7, "sell", "AAA", "USD", "4", "9", 5], [8, "sell", "BBB", "EUR", "1.25", "111.11", 9],
    ]
    rates = [[d, "EUR", "direct", f"1.0{d % 7}3"] for d in range(13)]
    ways = {
        "reverse a purchase": [[9, "reverse", 2]],
        "reverse a sale": [[9, "reverse", 4]],
        "reverse a split": [[9, "reverse", 6]],
        "reverse a dividend, then buy": [[9, "reverse", 5], [10, "buy", "AAA", "USD", "2", "9", 0], [11, "sell", "AAA", "USD", "3", "9", 0]],
        "reverse a foreign sale": [[10, "reverse", 8]],
        "reverse two": [[9, "reverse", 4], [10, "reverse", 1]],
        "reverse what others need": [[9, "reverse", 3], [9, "reverse", 0]],
        "insert a purchase": [[2, "insert", [2, "buy", "AAA", "USD", "1", "11", 0]]],
        "insert, then go on": [[2, "insert", [2, "buy", "AAA", "USD", "1", "11", 0]], [9, "sell", "AAA", "USD", "1.5", "9", 0, None, [[[9, 0], "1.5"]]], [9, "buy", "AAA", "USD", "3", "9.5", 0], [10, "remove", 10], [10, "sell", "AAA", "USD", "1", "9.75", 0, None, [[[11, 0], "1"]]], [11, "reverse", 9], [12, "buy", "AAA", "USD", "1", "9.9", 0], [12, "sell", "AAA", "USD", "0.5", "9.9", 0, None, [[[15, 0], "0.5"]]]],
        "insert before all": [[0, "insert", [0, "buy", "AAA", "USD", "2", "9.5", 0]]],
        "insert a split": [[4, "insert", [4, "split", "AAA", 2, 1]]],
        "insert what is not possible then": [[1, "insert", [1, "sell", "AAA", "USD", "11", "10", 0]]],
        "insert what later ones can't bear": [[4, "insert", [4, "delisting", "AAA"]]],
        "replace a price": [[1, "replace", 1, [1, "buy", "AAA", "USD", "10", "11.01", 5]]],
        "replace a size": [[4, "replace", 4, [4, "sell", "AAA", "USD", "9", "13", 5]]],
        "replace by what is not possible": [[4, "replace", 4, [4, "sell", "AAA", "USD", "21", "13", 5]]],
        "remove a dividend": [[5, "remove", 5]],
        "remove a sale": [[4, "remove", 4]],
        "remove what others need": [[3, "remove", 3]],
    }
    for number, (name, tail) in enumerate(ways.items()):
        method = ("fifo", "lifo", "hifo", "average")[number % 4]
        marks = [(3, {"AAA": "12", "BBB": "101"}), (8, {"AAA": "9", "BBB": "110"}), (12, {"AAA": "9.5", "BBB": "112"})]
        yield run(f"{name}, {method}", setup(foreign=["EUR"], method=method, rates=rates), base + tail, marks)


def drawn():
    kinds = []
    for method in ("fifo", "lifo", "hifo", "average"):
        for rule in ("away", "even"):
            kinds += [
                (dict(base="USD", foreign=[], method=method, rule=rule), 34),
                (dict(base="USD", foreign=["EUR", "JPY", "KWD"], method=method, rule=rule), 40),
                (dict(base="USD", foreign=["EUR"], method=method, rule=rule, cash_only=True, shorts=False), 22),
                (dict(base="JPY", foreign=["USD", "KWD"], method=method, rule=rule), 28),
                (dict(base="KWD", foreign=["USD", "JPY"], method=method, rule=rule, carry=4), 24),
                (dict(base="EUR", foreign=["JPY"], method=method, rule=rule, carry=2), 20),
            ]
    for number, (kind, count) in enumerate(kinds):
        for seed in range(1000 * number, 1000 * number + 1000):
            if (scenario := Draw(seed, count=count, **kind).scenario(f"seed {seed}, {kind['base']}, {kind['method']}, {kind['rule']}", number % 3)) is not None:
                yield scenario
                break
        else:
            raise SystemExit("no seed gives a history")


if __name__ == "__main__":
    scenarios = [*written(), *corrected(), *drawn()]
    lines = ",\n".join(json.dumps(s, separators=(",", ":")) for s in scenarios)
    (HERE / "oracle.json").write_text('{"first_day":"2024-02-26","scenarios":[\n' + lines + "\n]}\n")
    steps = [row for s in scenarios for row in s["steps"]]
    kinds = {}
    for row in steps:
        key = row["e"][1] + (" refused: " + row["x"].split("@")[0] if "x" in row else "")
        kinds[key] = kinds.get(key, 0) + 1
    print(len(scenarios), "scenarios,", len(steps), "steps,", sum(len(s.get("gains", ())) for s in scenarios), "gains")
    for key, count in sorted(kinds.items()):
        print(f"{count:5} {key}")
