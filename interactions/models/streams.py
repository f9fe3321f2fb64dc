"""Streams that Dojo reads (Kafka topics and Kinesis streams), and positions in them."""

from __future__ import annotations

from django.db import models

from interactions.models.connections import Connection
from interactions.models.environment import Environment


class StreamKind(models.TextChoices):
    KAFKA = "kafka", "Kafka"
    KINESIS = "kinesis", "Kinesis"


class Stream(models.Model):
    """The stream of a connection that Dojo reads from, rather than one that a tool sends to.

    Streams with ``is_kept`` are read by the process ``streams``, others by ``manage.py consume``.
    """

    class Start(models.TextChoices):
        EARLIEST = "earliest", "The oldest message"
        LATEST = "latest", "Messages from now on"

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="stream")
    kind = models.CharField(max_length=8, choices=StreamKind)
    group = models.CharField(max_length=200, help_text="under which positions are kept")
    topics = models.JSONField(default=list, help_text="Kafka's topics; of Kinesis the stream's name")
    servers = models.CharField(max_length=1000, blank=True, help_text="of Kafka: HOST:PORT, with commas between")
    region = models.CharField(max_length=40, blank=True, help_text="of Kinesis; empty: as AWS's own settings say")
    endpoint_url = models.CharField(max_length=500, blank=True, help_text="of Kinesis; empty: Amazon's")
    start = models.CharField(max_length=8, choices=Start, default=Start.EARLIEST)
    is_kept = models.BooleanField(default=False)
    cluster = models.CharField(max_length=300, blank=True, help_text="whose partitions it read last")
    problem = models.CharField(max_length=1000, blank=True, help_text="what keeps it from being read now")
    last_problem = models.CharField(max_length=1000, blank=True)
    last_problem_at = models.DateTimeField(null=True)

    @property
    def server_list(self) -> list[str]:
        """The servers of Kafka."""
        return self.servers.split(",") if self.servers else []


class StreamPosition(models.Model):
    """The position in a partition or shard, and the lease of its reader.

    A position belongs to an environment and a group, regardless of the connection. It's saved in the transaction that
    stores the records before it, and only by the holder of the lease: each new lease has another ``number``, and a
    process with an older one can't write.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=StreamKind)
    group = models.CharField(max_length=200)
    cluster = models.CharField(max_length=300, blank=True)
    topic = models.CharField(max_length=255)
    partition = models.CharField(max_length=128)
    position = models.CharField(
        max_length=150, blank=True, help_text="Kafka: the next offset; Kinesis: the last sequence number; empty: oldest"
    )
    is_ended = models.BooleanField(default=False, help_text="read to its end, after which nothing comes: a split shard")
    behind = models.BigIntegerField(null=True, help_text="messages of Kafka, milliseconds of Kinesis")
    holder = models.CharField(max_length=64, blank=True)
    number = models.BigIntegerField(default=0)
    until = models.DateTimeField(null=True, help_text="when the lease ends unless it is renewed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "kind", "group", "cluster", "topic", "partition"], name="stream_position_once"
            )
        ]
