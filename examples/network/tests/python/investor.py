"""An investor of another system: values its portfolios in binary floats, and ends where the topic does.

It keeps the prices of each date apart; what no portfolio needs any more it never forgets, as those systems do.
"""

import json
from collections import defaultdict
from pathlib import Path

from kafka import KafkaProducer

from topics import CLOSES, VALUATIONS, arguments, read_to_end


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("investor", help="Inv1, Inv2 or Inv3")
    parser.add_argument("--other-names", action="store_true", help="investor_id, portfolio_id, change, change_pct")
    parser.add_argument("--no-key", action="store_true", help="records without a key")
    told = parser.parse_args()

    holdings = json.loads(Path(__file__).with_name("holdings.json").read_text())[told.investor]
    names = ("investor_id", "portfolio_id", "change", "change_pct") if told.other_names else (
        "investor", "portfolio", "diff", "percent_diff")
    prices: dict[str, dict[str, float]] = defaultdict(dict)
    before: dict[str, float] = {}
    producer = KafkaProducer(bootstrap_servers=told.bootstrap_servers)
    sent = 0
    for record in read_to_end(told.bootstrap_servers, CLOSES):
        close = json.loads(record.value)
        of_day = prices[close["TS"]]
        of_day[close["TICK"]] = float(close["PRICE"])
        for portfolio, held in holdings.items():
            if close["TICK"] not in held or not held.keys() <= of_day.keys():
                continue
            value = sum(of_day[ticker] * quantity for ticker, quantity in held.items())
            last = before.get(portfolio)
            diff = None if last is None else value - last
            percent = None if last is None or diff is None else diff / last * 100
            message = dict(zip((*names[:2], "date", "value", *names[2:]),
                               (told.investor, portfolio, close["TS"], value, diff, percent)))
            key = None if told.no_key else portfolio.encode()
            producer.send(VALUATIONS, key=key, value=json.dumps(message).encode())
            before[portfolio] = value
            sent += 1
    producer.flush()
    producer.close()
    print(f"{told.investor}: {sent} valuations sent")


if __name__ == "__main__":
    main()
