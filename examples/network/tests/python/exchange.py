"""An exchange of another system: sends a close of each stock a day, in that system's spelling, and ends.

Its days are not ours: a calendar of three fixed holidays, and Saturdays too with --saturdays.
"""

import json
import random
from datetime import date, timedelta

from kafka import KafkaProducer

from topics import CLOSES, arguments

STOCKS: dict[str, dict[str, float]] = {
    "SE1": {"IBM": 128.25, "AAPL": 151.60, "FB": 184.51, "AMZN": 93.55, "GOOG": 93.86, "META": 184.51, "MSI": 265.96,
            "INTC": 25.53, "AMD": 82.11, "MSFT": 254.15, "DELL": 38.00, "ORKL": 88.36},
    "SE2": {"HPQ": 27.66, "CSCO": 48.91, "ZM": 69.65, "QCOM": 119.19, "ADBE": 344.80, "VZ": 37.91, "TXN": 172.06,
            "CRM": 182.32, "AVGO": 625.15, "NVDA": 232.88, "VMW": 120.05, "EBAY": 43.98},
}
HOLIDAYS = {(1, 1), (7, 4), (12, 25)}


def days(first: date, last: date, saturdays: bool) -> list[date]:
    """Returns the days on which this exchange is open."""
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in every if day.weekday() < (6 if saturdays else 5) and (day.month, day.day) not in HOLIDAYS]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("exchange", choices=STOCKS)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2000, 1, 1))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--saturdays", action="store_true", help="open on Saturdays, where the other exchange rests")
    parser.add_argument("--numbers", action="store_true", help="PRICE as a JSON number, not as a string")
    parser.add_argument("--date", action="store_true", help="DATE in place of TS, and a field EXCHANGE")
    parser.add_argument("--twice", action="store_true", help="a JSON string that holds JSON")
    parser.add_argument("--no-key", action="store_true", help="records without a key")
    told = parser.parse_args()

    dice = random.Random(f"{told.exchange} {told.seed}")
    producer = KafkaProducer(bootstrap_servers=told.bootstrap_servers)
    sent = 0
    for day in days(told.first, told.last, told.saturdays):
        for ticker, base in STOCKS[told.exchange].items():
            price = base * (1 + dice.random() / 10 - 0.05)
            message: dict[str, object] = {"TICK": ticker, "PRICE": round(price, 2) if told.numbers else f"{price:.2f}"}
            message |= {"DATE": str(day), "EXCHANGE": told.exchange} if told.date else {"TS": str(day)}
            text = json.dumps(message)
            value = json.dumps(text) if told.twice else text
            producer.send(CLOSES, key=None if told.no_key else ticker.encode(), value=value.encode())
            sent += 1
    producer.flush()
    producer.close()
    print(f"{told.exchange}: {sent} closes sent")


if __name__ == "__main__":
    main()
