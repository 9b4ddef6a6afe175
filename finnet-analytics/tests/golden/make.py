#!/usr/bin/env python3
"""Makes the golden files beside it: valuations as CSV, and their statistics as JSON.

The rows are written here by hand; the statistics come from Python's exact fractions and its integer square root, by
another way than the code under test: differences from the mean, squared, not sums of squares. Run it again after a
change: it writes the same bytes wherever it runs.
"""

import csv
import datetime
import fractions
import io
import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent
HEADER = "As_Of,Evaluation,Daily_Evaluation_Change,Daily_Evaluation_Change_Percentage"

# Changes and percentages are part of the rows: what a report says is what the table says, right or wrong.
PORTFOLIOS = {
    # Two years, a gap, gains and losses.
    "Inv1_P11": """
1999-12-30,2763383.00,,
1999-12-31,2763370.50,-12.50,0.00
2000-01-03,2800000.25,36629.75,1.33
2000-01-04,2700000.00,-100000.25,-3.57
2000-02-29,2700000.00,0.00,0.00
2001-01-02,2912345.67891234,212345.67891234,7.86
""",
    # Below 0: shorts outweigh. Percentages are of the absolute value before.
    "Odd_Negative": """
2020-03-02,-1000.00,,
2020-03-03,-1500.00,-500.00,-50.00
2020-03-04,-1499.995,0.005,0.00
2020-03-05,250.125,1750.12,116.68
""",
    # Halves of a cent in extremes, averages and deviations: all go away from zero.
    "Odd_TiesUp": """
2021-01-04,0.00,,
2021-01-05,0.01,0.005,0.01
2021-02-01,-0.005,-0.005,-0.01
2021-02-02,0.00,0.00499999,0.00
2021-02-03,0.005,0.00,0.00
""",
    "Odd_TiesDown": """
2021-01-04,0.00,,
2021-01-05,-0.01,-0.015,-0.01
2021-03-01,1.00,1.01,0.00
2021-03-02,1.125,0.125,12.50
2021-03-03,1.25,0.125,11.11
""",
    "Odd_Empty": "",
    "Odd_One": """
2022-06-01,123456789.12345678,,
""",
    # A year whose only row has no change; a value before of 0, which leaves no percentage.
    "Odd_Nulls": """
2022-12-30,0.00,,
2023-01-02,5.00,5.00,
2023-01-03,0.00,-5.00,-100.00
2023-01-04,0.00,0.00,
""",
    # As large as the columns take: the sum of squares is far beyond 128 bits.
    "Odd_Large": """
2024-01-02,99999999999999999999.99999999,,
2024-01-03,-99999999999999999999.99999999,-99999999999999999999.99999999,-9999999999.99
2024-01-04,99999999999999999999.99999999,99999999999999999999.99999999,9999999999.99
2024-02-01,99999999999999999999.99,0.00,0.00
""",
}

# File name → from, to; the first is no period.
PERIODS = {
    "": (None, None),
    "_from": ("2000-01-03", None),
    "_to": (None, "2021-01-05"),
    "_both": ("2000-01-03", "2000-02-29"),
    "_late": ("2021-02-01", None),
    "_nothing": ("1980-01-01", "1980-12-31"),
}


def cents(value):
    """A fraction as a whole number of hundredths, half away from zero."""
    size = math.floor(abs(value) * 100 + fractions.Fraction(1, 2))
    return -size if value < 0 else size


def text(hundredths):
    if hundredths is None:
        return "null"
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def average(values):
    return cents(sum(values) / len(values)) if values else None


def deviation(values):
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    # Twice the root in hundredths, cut; one more, halved and cut, is the root rounded half up.
    doubled = variance * 200**2
    return (math.isqrt(doubled.numerator // doubled.denominator) + 1) // 2


def extremes(rows):
    changes = [row[2] for row in rows if row[2] is not None]
    percents = [row[3] for row in rows if row[3] is not None]
    pick = lambda of, values: text(cents(of(values)) if values else None)
    return {
        "min_daily_change": pick(min, changes),
        "max_daily_change": pick(max, changes),
        "min_daily_change_pct": pick(min, percents),
        "max_daily_change_pct": pick(max, percents),
    }


def evaluation(rows):
    values = [row[1] for row in rows]
    return {"avg_evaluation": text(average(values)), "stddev_evaluation": text(deviation(values))}


def grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row[0]), []).append(row)
    return sorted(groups.items(), reverse=True)


def statistics(rows, begin, end):
    blocks = {
        "MaxMinDailyChange": [extremes(rows)],
        "MaxMinDailyChangePerYear": [
            {"year": year, **extremes(group)} for year, group in grouped(rows, lambda date: date.year)
        ],
        "AvgStdDevEvaluation": [evaluation(rows)],
    }
    if begin or end:
        first = datetime.date.fromisoformat(begin or "0001-01-01")
        last = datetime.date.fromisoformat(end or "9999-12-31")
        within = [row for row in rows if first <= row[0] <= last]
        blocks["AvgStdDevEvaluationPeriod"] = [
            {"from": json.dumps(begin), "to": json.dumps(end), **evaluation(within)}
        ]
    blocks["MonthlyAvgEvaluation"] = [
        {"year": year, "month": month, "avg_evaluation": text(average([row[1] for row in group]))}
        for (year, month), group in grouped(rows, lambda date: (date.year, date.month))
    ]
    return blocks


def written(blocks):
    lines = []
    for key, entries in blocks.items():
        objects = ["{" + ", ".join(f'"{name}": {value}' for name, value in entry.items()) + "}" for entry in entries]
        body = "[\n    " + ",\n    ".join(objects) + "\n  ]" if objects else "[]"
        lines.append(f'  "{key}": {body}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    for name, table in PORTFOLIOS.items():
        table = HEADER + "\n" + table.lstrip("\n")
        (HERE / f"{name}.csv").write_text(table)
        number = lambda field: fractions.Fraction(field) if field else None
        rows = [
            (datetime.date.fromisoformat(row[0]), *map(number, row[1:]))
            for row in list(csv.reader(io.StringIO(table)))[1:]
        ]
        for suffix, (begin, end) in PERIODS.items():
            report = written(statistics(rows, begin, end))
            json.loads(report)
            (HERE / f"{name}_stats{suffix}.json").write_text(report)


if __name__ == "__main__":
    main()
