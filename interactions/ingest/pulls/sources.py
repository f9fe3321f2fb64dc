"""The tools' export APIs as data: their URLs, days and limits.

Mixpanel: "Download data" of the raw export API returns JSON Lines for one day in the project's time zone, at most 60
requests per hour. Amplitude: the Export API returns a zip of gzipped JSON Lines by the hour (UTC) of upload; 404 if
there are no events, and 400 for more than 4 GB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from interactions.connectors import amplitude, mixpanel
from interactions.models import Pull, PulledDay

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PullSource:
    """A tool that can be pulled.

    A day's events are available ``settle`` after its end, and some arrive until ``late`` after it (None: none do). With
    ``by_hour`` the tool accepts a range of hours, so a day that is too large can be split. ``key`` and ``secret`` are
    the tool's names for them, ``where`` tells users where to find them, and ``clock`` explains the time zone.
    """

    name: str
    title: str
    hosts: Mapping[str, str]
    setting: str
    address: Callable[[Pull, PulledDay], str]
    settle: timedelta
    late: timedelta | None
    by_hour: bool
    asks_project: bool
    zone_is_of_times: bool
    ending: str
    key: str
    secret: str
    where: str
    clock: str

    def host(self, region: str) -> str:
        """The base URL: from the setting, else the tool's host for the region."""
        return str(getattr(settings, self.setting)).rstrip("/") or self.hosts[region]


def _mixpanel(pull: Pull, day: PulledDay) -> str:
    asked = {"from_date": day.day.isoformat(), "to_date": day.day.isoformat(), "project_id": pull.project}
    return f"/api/2.0/export?{urlencode(asked)}"


def _amplitude(_: Pull, day: PulledDay) -> str:
    """The path for a day. Both hours are inclusive: a range of one hour names it twice."""
    hours = (day.start, day.end - _HOUR)
    start, end = (hour.astimezone(UTC).strftime("%Y%m%dT%H") for hour in hours)
    return f"/api/2/export?{urlencode({'start': start, 'end': end})}"


PULL_SOURCES: Final[Mapping[str, PullSource]] = {
    mixpanel.NAME: PullSource(
        name=mixpanel.NAME,
        title=mixpanel.TITLE,
        hosts={
            "us": "https://data.mixpanel.com",
            "eu": "https://data-eu.mixpanel.com",
            "in": "https://data-in.mixpanel.com",
        },
        setting="MIXPANEL_EXPORT_URL",
        address=_mixpanel,
        settle=timedelta(hours=6),
        late=timedelta(days=5),
        by_hour=False,
        asks_project=True,
        zone_is_of_times=True,
        ending="jsonl",
        key="User name of a service account",
        secret="Secret of the service account",  # noqa: S106 - what it is called
        where="In Mixpanel, open Organization settings, then Service accounts. The project ID is in Project settings.",
        clock="Projects from before 2023 use the project's time zone for days and times. Leave it empty for others.",
    ),
    amplitude.NAME: PullSource(
        name=amplitude.NAME,
        title=amplitude.TITLE,
        hosts={"us": "https://amplitude.com", "eu": "https://analytics.eu.amplitude.com"},
        setting="AMPLITUDE_EXPORT_URL",
        address=_amplitude,
        settle=timedelta(hours=3),
        late=None,
        by_hour=True,
        asks_project=False,
        zone_is_of_times=False,
        ending="zip",
        key="API key",
        secret="Secret key",  # noqa: S106
        where="In Amplitude, open Settings, then Projects, and choose the project.",
        clock="Days are in this zone. Leave it empty for UTC.",
    ),
}
REGIONS: Final = {"us": "United States", "eu": "European Union", "in": "India"}


def zone_of(pull: Pull) -> ZoneInfo:
    """The time zone of the project's days."""
    return ZoneInfo(pull.zone or "UTC")


def whole_hour(moment: datetime) -> datetime:
    """The start of the UTC hour of a moment, so that days don't overlap in zones with half-hour offsets."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
