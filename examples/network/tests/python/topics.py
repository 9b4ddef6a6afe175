"""What the programs share: where the servers are, and reading a topic from its start to its present end."""

import argparse
import os
import time
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pymysql
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

CLOSES = "StockExchange"
VALUATIONS = "portfolios"


def arguments(description: str) -> argparse.ArgumentParser:
    """Returns a parser that knows the brokers and the database."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bootstrap-servers", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"))
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL"))
    return parser


def read_to_end(servers: str, topic: str, patience: float = 60.0) -> Iterator[ConsumerRecord]:
    """Yields the committed records of every partition, each partition in its order."""
    consumer = KafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed", auto_offset_reset="earliest",
                             enable_auto_commit=False)
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or [])]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    until = time.monotonic() + patience
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        if time.monotonic() > until:
            raise TimeoutError(f"{topic} did not come to its end in {patience} s")
        for records in consumer.poll(timeout_ms=200, max_records=10_000).values():
            yield from records
    consumer.close()


def database(url: str) -> pymysql.connections.Connection:
    """Connects to mysql://user:password@host:port/name."""
    parts = urlsplit(url)
    return pymysql.connect(host=parts.hostname or "localhost", port=parts.port or 3306, user=unquote(parts.username or ""),
                           password=unquote(parts.password or ""), database=unquote(parts.path.lstrip("/")))
