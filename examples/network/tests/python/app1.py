"""The store of another system: inserts each valuation into its portfolio's table, and ends where the topic does.

The table's name comes from the message, the numbers go in as the floats that json.loads makes of them: so do those
systems, and so must our tables and our messages serve.
"""

import json

from topics import VALUATIONS, arguments, database, read_to_end


def main() -> None:
    told = arguments(__doc__).parse_args()
    connection = database(told.database_url)
    stored = 0
    with connection.cursor() as cursor:
        for record in read_to_end(told.bootstrap_servers, VALUATIONS):
            row = json.loads(record.value)
            cursor.execute(
                f"INSERT INTO {row['investor']}_{row['portfolio']} (As_Of, Evaluation, Daily_Evaluation_Change, "
                "Daily_Evaluation_Change_Percentage) VALUES (%s, %s, %s, %s)",
                (row["date"], row["value"], row["diff"], row["percent_diff"]))
            stored += 1
    connection.commit()
    connection.close()
    print(f"{stored} rows stored")


if __name__ == "__main__":
    main()
