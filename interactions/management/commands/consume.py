"""``manage.py consume``: read topics of Kafka or a stream of Kinesis into an environment, each message once."""

from __future__ import annotations

import json
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.access import audit
from interactions.connectors import SOURCES
from interactions.ingest.streams import change
from interactions.ingest.streams.change import Description, StreamRefused
from interactions.ingest.streams.consumer import Consumer, reader_of
from interactions.ingest.streams.errors import StreamAway, StreamMissing
from interactions.models import Connection, Environment, Stream, StreamKind


class Command(BaseCommand):
    help = (
        "Read a stream into an environment until stopped. Positions are stored under the group, so the next start"
        " continues where this one ended, and several consumers share the partitions. The last line of output is JSON:"
        " the number of interactions stored and of messages skipped and refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        kafka = kinds.add_parser("kafka", help="Kafka topics")
        kafka.add_argument("--servers", required=True, metavar="HOST:PORT", help="brokers, separated by commas")
        kafka.add_argument("--topic", action="append", required=True, help="name of a topic; repeat it for several")
        kinesis = kinds.add_parser("kinesis", help="an Amazon Kinesis stream")
        kinesis.add_argument("--stream", required=True, help="name of the stream")
        kinesis.add_argument("--region", default="", help="its AWS region (default: from the AWS settings)")
        kinesis.add_argument("--endpoint-url", default="", help="address of a service other than Amazon's")
        for each in (kafka, kinesis):
            each.add_argument(
                "--group", default=change.GROUP, help="consumer group, which stores the positions (default: dojo)"
            )
            each.add_argument(
                "--environment", default="production", help="slug of the environment (default: production)"
            )
            each.add_argument("--source", default="auto", choices=["auto", *SOURCES], help="format of its messages")
            each.add_argument(
                "--start", default="earliest", choices=Stream.Start.values, help="where a new group begins"
            )
            each.add_argument("--idle", type=float, metavar="SECONDS", help="exit after this long without messages")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        consumer = Consumer(self._connection(options), stopped, idle=options["idle"], tell=self.stderr.write)
        consumer.run()
        stored = consumer.counts
        found = {"interactions": stored.interactions, "skipped": stored.skipped, "refused": stored.refused}
        self.stdout.write(json.dumps(found))
        if consumer.problem and not stopped.is_set():
            # A consumer that isn't kept by a page doesn't try again.
            raise CommandError(consumer.problem.replace("Dojo keeps trying.", "Run the command again later."))

    def _connection(self, options: dict[str, Any]) -> Connection:
        """The stream's connection, found or created. Raises CommandError if the options or the stream are refused."""
        slug = options["environment"]
        environment = Environment.objects.filter(slug=slug).first()
        if environment is None:
            known = ", ".join(Environment.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no environment {slug!r}. Choose one of {known}.")
        source = "" if options["source"] == "auto" else options["source"]
        try:
            asked = _described(options).checked()
            _try(asked)
            with audit.acting("consume"):
                return change.find_or_create(environment, asked, source=source)
        except (StreamRefused, StreamAway) as reason:
            raise CommandError(str(reason)) from reason


def _described(options: dict[str, Any]) -> Description:
    if options["kind"] == StreamKind.KAFKA:
        return Description(
            options["kind"], tuple(options["topic"]), options["group"], options["servers"], start=options["start"]
        )
    return Description(
        options["kind"],
        (options["stream"],),
        options["group"],
        region=options["region"],
        endpoint_url=options["endpoint_url"],
        start=options["start"],
    )


def _try(asked: Description) -> None:
    """Raises ClientMissing, or StreamMissing if there is no such stream; ignores that it can't be reached now."""
    reader = reader_of(Stream(start=asked.start, **asked.columns))
    try:
        reader.partitions()
    except StreamMissing:
        raise
    except StreamAway:
        pass
    finally:
        reader.close()
