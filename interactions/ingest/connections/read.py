"""Sort the events of a call or a stream into records to store, skipped and refused events, and privacy requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from interactions.codec import check_call
from interactions.codec.calls import BadCall, Call, are_good
from interactions.codec.rulebook import Violation, check_bytes
from interactions.connectors import SOURCES, Options, PrivacyRequest, events_of, privacy_request
from interactions.connectors.body import Event
from interactions.models import KeptEvent

PAUSED = "The connection is paused."
NAMES_NOBODY = "It doesn't name anyone."

Outcome = KeptEvent.Outcome


@dataclass(slots=True)
class Count:
    """The number of records made from events of one name, and of skipped and refused events."""

    interactions: int = 0
    skipped: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Unstored:
    """A skipped or refused event, and the reason."""

    name: str
    outcome: Outcome
    reason: str
    text: bytes
    place: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """An event and its source. ``place`` returns its position in a stream, if it's from one."""

    source: str
    event: Event
    place: Callable[[], str] = str


@dataclass(slots=True)
class Arrived:
    """A call, or a batch read from a stream. ``text`` has its valid ``records`` in the form that the inbox takes.

    ``all_records`` includes refused records, which ``lines`` describe, for the Live page.
    """

    records: int = 0
    text: bytes = b""
    counts: dict[str, Count] = field(default_factory=dict)
    unstored: list[Unstored] = field(default_factory=list)
    requests: list[PrivacyRequest] = field(default_factory=list)
    all_records: list[bytes] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def count(self, name: str) -> Count:
        return self.counts.setdefault(name, Count())

    @property
    def skipped(self) -> int:
        return sum(each.skipped for each in self.counts.values())

    @property
    def refused(self) -> int:
        return sum(each.refused for each in self.counts.values())


def read(source: str, body: bytes, options: Options, *, is_paused: bool = False) -> Arrived:
    """Read a body from ``source``. Never raises: what isn't understood is refused.

    If the connection is paused, all events are skipped, but privacy requests are returned.
    """
    return read_all((Came(source, event) for event in events_of(SOURCES[source], body, options)), is_paused=is_paused)


def read_all(events: Iterable[Came], *, is_paused: bool = False) -> Arrived:
    """Like ``read``, for events of any sources."""
    arrived = Arrived()
    with_records: list[Came] = []
    for came in events:
        event = came.event
        asked = privacy_request(came.source, event.document)
        if asked is not None:
            _hear(arrived, event, asked)
        elif event.violations:
            _refuse(arrived, came, event.violations)
        elif is_paused or event.skipped:
            _skip(arrived, came, PAUSED if is_paused else event.skipped)
        else:
            with_records.append(came)
    _check(arrived, with_records)
    return arrived


def _hear(arrived: Arrived, event: Event, asked: PrivacyRequest) -> None:
    """Add a privacy request. It counts as skipped, but isn't kept as an example, because it names a person."""
    arrived.count(event.name).skipped += 1
    arrived.requests.append(asked)


def _skip(arrived: Arrived, came: Came, reason: str) -> None:
    event = came.event
    arrived.count(event.name).skipped += 1
    arrived.unstored.append(Unstored(event.name, Outcome.SKIPPED, reason, event.text, came.place()))


def _refuse(arrived: Arrived, came: Came, violations: Sequence[Violation]) -> None:
    event = came.event
    arrived.count(event.name).refused += 1
    reason = " ".join(f"{each.path}: {each.rule}" if each.path else each.rule for each in violations[:3])
    arrived.unstored.append(Unstored(event.name, Outcome.REFUSED, reason, event.text, came.place()))


def _check(arrived: Arrived, events: Sequence[Came]) -> None:
    """Validate all records with the codec, and keep the valid ones."""
    records = [record for came in events for record in came.event.records]
    if not records:
        return
    violations = _violations(arrived, records)
    place = 0
    good: list[bytes] = []
    for came in events:
        for record in came.event.records:
            if place in violations:
                _refuse(arrived, came, violations[place])
            else:
                arrived.count(came.event.name).interactions += 1
                good.append(record)
            place += 1
    arrived.records, arrived.text, arrived.all_records = len(good), b",".join(good), records


def _violations(arrived: Arrived, records: Sequence[bytes]) -> dict[int, list[Violation]]:
    """The violations of each invalid record, by index."""
    if are_good(b",".join(records), len(records)):
        return {}
    call = _judged(b"[" + b",".join(records) + b"]")
    if call is None or call.problems.records > len(call.problems.named):  # more violations than a call lists
        checked = ((place, check_bytes(record)) for place, record in enumerate(records))
        return {place: each.violations for place, each in checked if each.record is None}
    arrived.lines = call.problems.lines
    return call.problems.named


def _judged(body: bytes) -> Call | None:
    try:
        return check_call(body)
    except BadCall:  # a record is nested too deeply
        return None
