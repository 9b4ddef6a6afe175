"""Computes the whole network again from the topic StockExchange, in fractions, and compares whatever is there.

In come the closes as they lie on the topic; compared are every record of the topic portfolios, every row of the tables
or CSV files, every figure of the reports. Which sessions are valued follows from one thought, without the machinery of
a stream: a stock's closes count while their dates rise, and a portfolio has the dates that all of its stocks have.
Exit code 1 on any difference, or where nothing was compared.
"""

import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, isqrt
from pathlib import Path
from typing import Any, NamedTuple

from kafka.consumer.fetcher import ConsumerRecord

from exchange import STOCKS
from topics import CLOSES, VALUATIONS, arguments, database, read_to_end

SHOWN = 20
COLUMNS = ["As_Of", "Evaluation", "Daily_Evaluation_Change", "Daily_Evaluation_Change_Percentage"]
HOLDINGS: dict[str, dict[str, dict[str, int]]] = json.loads(Path(__file__).with_name("holdings.json").read_text())
Number = Fraction | None


class Row(NamedTuple):
    """A portfolio on a date; percent is rounded to two places."""

    day: str
    value: Fraction
    change: Number
    percent: Number


class Tally:
    """Counts comparisons, and says the first differences."""

    def __init__(self) -> None:
        self.compared = 0
        self.different = 0

    def __call__(self, what: str, found: Any, expected: Any) -> None:
        self.compared += 1
        if found != expected or type(found) is not type(expected):
            self.different += 1
            if self.different <= SHOWN:
                print(f"DIFFERENT {what}: found {found!r}, expected {expected!r}")


def half_away(number: Fraction, places: int) -> Fraction:
    """Returns the number rounded, ties away from zero."""
    scaled = floor(abs(number) * 10**places * 2 + 1) // 2
    return Fraction(scaled if number >= 0 else -scaled, 10**places)


def text(number: Number) -> str | None:
    """Returns the number with at least two places, zeros beyond those trimmed."""
    if number is None:
        return None
    units = number * 10**8
    assert units.denominator == 1, number
    whole, parts = divmod(abs(units.numerator), 10**8)
    digits = f"{parts:08}"
    return f"{'-' if number < 0 else ''}{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def close_of(record: ConsumerRecord) -> tuple[str, str, Fraction] | None:
    """Returns ticker, date and price, or None where the record is one to be set aside."""
    try:
        close = json.loads(record.value, parse_float=str, parse_int=str)
        close = json.loads(close, parse_float=str, parse_int=str) if isinstance(close, str) else close
        ticker, day, price = close["TICK"], close.get("TS", close.get("DATE")), close["PRICE"]
        written = date.fromisoformat(day)
        number = Decimal(price) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", price) else Decimal("nan")
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        return None
    known = any(ticker in stocks for stocks in STOCKS.values())
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", day) and written >= date(2000, 1, 1)
    sent = date(1970, 1, 1) + timedelta(milliseconds=record.timestamp)
    keyed = record.key is None or record.key == ticker.encode()
    fits = number.is_finite() and 0 < number < 10**12 and (number * 10**8) % 1 == 0
    if not (known and is_date and keyed and fits) or written > sent + timedelta(days=1):
        return None
    return ticker, day, Fraction(number)


def closes(records: Iterable[ConsumerRecord]) -> dict[str, dict[str, Fraction]]:
    """Returns each stock's closes by date: those whose dates rise, the first of a date standing."""
    known: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for record in records:
        close = close_of(record)
        if close and close[1] > next(reversed(known[close[0]]), ""):
            known[close[0]][close[1]] = close[2]
    return known


def valuations(held: dict[str, int], known: dict[str, dict[str, Fraction]]) -> list[Row]:
    """Returns a portfolio's rows, by date."""
    rows: list[Row] = []
    for day in sorted(set.intersection(*(set(known[ticker]) for ticker in held))):
        value = sum((known[ticker][day] * quantity for ticker, quantity in held.items()), Fraction(0))
        change = value - rows[-1].value if rows else None
        percent = None
        if change is not None and rows[-1].value:
            percent = half_away(change / abs(rows[-1].value) * 100, 2)
        rows.append(Row(day, value, change, percent))
    return rows


def rounded(found: Any, places: int) -> Number:
    """Returns a number of a message as its column holds it."""
    return None if found is None else half_away(Fraction(Decimal(found)), places)


def check_records(expected: dict[tuple[str, str], list[Row]], servers: str, floats: set[str], tally: Tally) -> None:
    """Compares topic portfolios: to the byte, or for investors who count in floats as the columns hold it."""
    found: dict[tuple[str, str], list[ConsumerRecord]] = defaultdict(list)
    for record in read_to_end(servers, VALUATIONS):
        message = json.loads(record.value, parse_float=str, parse_int=str)
        place = (message.get("investor", message.get("investor_id")), message.get("portfolio", message.get("portfolio_id")))
        found[place].append(record)
    tally("portfolios on the topic", sorted(found), sorted(place for place, rows in expected.items() if rows))
    for (investor, portfolio), rows in expected.items():
        records = found[investor, portfolio]
        tally(f"records of {portfolio}", len(records), len(rows))
        for record, row in zip(records, rows):
            name = f"record {portfolio} {row.day}"
            if investor not in floats:
                value, change, percent = (text(number) or "null" for number in row[1:])
                line = (f'{{"investor": "{investor}", "portfolio": "{portfolio}", "date": "{row.day}", "value": {value}, '
                        f'"diff": {change}, "percent_diff": {percent}}}')
                tally(f"{name} key", record.key, portfolio.encode())
                tally(name, record.value.decode(), line)
                continue
            message = json.loads(record.value, parse_float=str, parse_int=str)
            tally(f"{name} date", message["date"], row.day)
            for names, places, number in ((["value"], 8, row.value), (["diff", "change"], 8, row.change),
                                          (["percent_diff", "change_pct"], 2, row.percent)):
                written = next(message[one] for one in names if one in message)
                tally(f"{name} {names[0]}", rounded(written, places), number)


def check_rows(name: str, found: list[list[str | None]], rows: list[Row], tally: Tally) -> None:
    """Compares a table or file, cell by cell."""
    tally(f"rows of {name}", len(found), len(rows))
    for cells, row in zip(found, rows):
        for column, cell, expected in zip(COLUMNS, cells, (row.day, *map(text, row[1:])), strict=True):
            tally(f"{name} {row.day} {column}", cell, expected)


def check_tables(expected: dict[str, list[Row]], url: str, tally: Tally) -> None:
    """Compares the tables of the database."""
    connection = database(url)
    with connection.cursor() as cursor:
        for name, rows in expected.items():
            cursor.execute(f"SELECT * FROM {name} ORDER BY As_Of")
            tally(f"columns of {name}", [column[0] for column in cursor.description], COLUMNS)
            found = [[str(row[0]), *(text(None if cell is None else Fraction(cell)) for cell in row[1:])]
                     for row in cursor.fetchall()]
            check_rows(name, found, rows, tally)
    connection.close()


def check_files(expected: dict[str, list[Row]], folder: Path, tally: Tally) -> None:
    """Compares the CSV files of a folder."""
    for name, rows in expected.items():
        with (folder / f"{name}.csv").open(newline="") as file:
            header, *found = csv.reader(file)
        tally(f"columns of {name}.csv", header, COLUMNS)
        check_rows(f"{name}.csv", [[cell or None for cell in row] for row in found], rows, tally)


def extremes(rows: list[Row]) -> dict[str, str | None]:
    """Returns the least and greatest changes; a percentage has two places, a change is rounded to them."""
    changes = [row.change for row in rows if row.change is not None]
    percents = [row.percent for row in rows if row.percent is not None]
    figures = {"min_daily_change": min(changes, default=None), "max_daily_change": max(changes, default=None),
               "min_daily_change_pct": min(percents, default=None), "max_daily_change_pct": max(percents, default=None)}
    return {name: None if figure is None else text(half_away(figure, 2)) for name, figure in figures.items()}


def mean(rows: list[Row]) -> str | None:
    """Returns the mean value, rounded once."""
    return text(half_away(sum((row.value for row in rows), Fraction(0)) / len(rows), 2)) if rows else None


def deviation(rows: list[Row]) -> str | None:
    """Returns the deviation of the sample, rounded once: from the integer root of 200 times it, squared."""
    if len(rows) < 2:
        return None
    average = sum((row.value for row in rows), Fraction(0)) / len(rows)
    variance = sum(((row.value - average) ** 2 for row in rows), Fraction(0)) / (len(rows) - 1)
    return text(Fraction((isqrt(floor(variance * 40_000)) + 1) // 2, 100))


def report(rows: list[Row], first: str, last: str) -> dict[str, list[dict[str, Any]]]:
    """Returns the blocks of a portfolio's report, decimals as text."""
    years, months = defaultdict(list), defaultdict(list)
    for row in rows:
        years[row.day[:4]].append(row)
        months[row.day[:7]].append(row)
    period = [row for row in rows if (first or "") <= row.day <= (last or "9999")]
    blocks: dict[str, list[dict[str, Any]]] = {
        "MaxMinDailyChange": [extremes(rows)],
        "MaxMinDailyChangePerYear": [{"year": int(year), **extremes(years[year])} for year in sorted(years, reverse=True)],
        "AvgStdDevEvaluation": [{"avg_evaluation": mean(rows), "stddev_evaluation": deviation(rows)}],
        "MonthlyAvgEvaluation": [{"year": int(month[:4]), "month": int(month[5:]), "avg_evaluation": mean(months[month])}
                                 for month in sorted(months, reverse=True)],
    }
    if first or last:
        blocks["AvgStdDevEvaluationPeriod"] = [{"from": first, "to": last, "avg_evaluation": mean(period),
                                                "stddev_evaluation": deviation(period)}]
    return blocks


def check_reports(expected: dict[str, list[Row]], folder: Path, first: str, last: str, tally: Tally) -> None:
    """Compares the figures of the reports, as they are written."""
    for name, rows in expected.items():
        found = json.loads((folder / f"{name}_stats.json").read_text(), parse_float=str)
        for block, entries in report(rows, first, last).items():
            there = found.get(block, [])
            tally(f"{name} {block}", len(there), len(entries))
            for number, (entry, right) in enumerate(zip(there, entries)):
                for field, figure in right.items():
                    tally(f"{name} {block}[{number}].{field}", entry.get(field, "missing"), figure)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--floats", action="append", default=[], metavar="INVESTOR", help="counts in floats")
    parser.add_argument("--tables", action="store_true", help="compare the tables of the database")
    parser.add_argument("--data", type=Path, help="compare the CSV files of this folder")
    parser.add_argument("--reports", type=Path, help="compare the reports of this folder")
    parser.add_argument("--from", dest="first", help="as given to app2")
    parser.add_argument("--to", dest="last", help="as given to app2")
    told = parser.parse_args()

    known = closes(read_to_end(told.bootstrap_servers, CLOSES))
    expected = {(investor, portfolio): valuations(held, known)
                for investor, portfolios in HOLDINGS.items() for portfolio, held in portfolios.items()}
    tables = {f"{investor}_{portfolio}": rows for (investor, portfolio), rows in expected.items()}
    different = 0
    for what, wanted, check in (
        ("records", True, lambda tally: check_records(expected, told.bootstrap_servers, set(told.floats), tally)),
        ("tables", told.tables, lambda tally: check_tables(tables, told.database_url, tally)),
        ("files", told.data, lambda tally: check_files(tables, told.data, tally)),
        ("reports", told.reports, lambda tally: check_reports(tables, told.reports, told.first, told.last, tally)),
    ):
        if wanted:
            tally = Tally()
            check(tally)
            print(f"{what}: {tally.compared} compared, {tally.different} differences")
            different += tally.different
    valued = sum(map(len, tables.values()))
    print(f"{sum(map(len, known.values()))} closes, {valued} valuations, {different} differences")
    sys.exit(1 if different or not valued else 0)


if __name__ == "__main__":
    main()
