"""The names of reports on pages and in the API. Importing this doesn't load the code that computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_ROWS: Final = 10_000
"""Rows of a ranking; the rest is added up in one more row."""
MEASURES: Final = ("records", "people", "sessions", "products", "revenue", "conversion")
"""What a breakdown can count."""
SUBJECTS: Final = ("products", "searches", "categories", "campaigns", "pages", "regions", "devices")


@dataclass(frozen=True, slots=True)
class ReportName:
    """A report's description and parameters.

    ``is_filtered``: it has the filter, the period and the options of the Interactions page. ``is_compared``: it can be
    compared with the previous period. ``is_ranking``: it has a number of rows to choose. ``of_people``: it's for users
    who may see people. ``options`` are parameters of its own.
    """

    name: str
    says: str
    is_filtered: bool = True
    is_compared: bool = False
    is_ranking: bool = False
    of_people: bool = False
    options: tuple[str, ...] = ()


REPORTS: Final[dict[str, ReportName]] = {
    each.name: each
    for each in (
        ReportName(
            "totals",
            "Interactions, people, sessions, products, searches, goals, gross and net revenue",
            is_compared=True,
        ),
        ReportName("totals_over_time", "The same for each bar of time"),
        ReportName("over_time", "Interactions of each type or group, for each bar of time"),
        ReportName("by_type", "Interactions by type", is_compared=True),
        ReportName("by_group", "Interactions by group of types", is_compared=True),
        ReportName("rhythm", "Interactions by weekday and hour"),
        ReportName("funnel", "How many people go how far along some steps", options=("window", "breakdown")),
        ReportName(
            "paths",
            "What people do after a step, or before it: whole paths, most frequent first",
            options=("field", "start", "direction", "steps", "within", "count", "repeats"),
        ),
        ReportName("assisted", "Miso-assisted interactions by type"),
        ReportName("assisted_totals", "Miso-assisted interactions, goals and revenue, and how results are used"),
        ReportName("assisted_over_time", "Interactions with and without a miso_id, for each bar of time"),
        ReportName("products", "Products, most views first", is_ranking=True),
        ReportName("searches", "Search words, most searches first", is_ranking=True),
        ReportName("categories", "Categories, most views first", is_ranking=True),
        ReportName("campaigns", "Campaigns, most interactions first", is_ranking=True),
        ReportName("pages", "Pages, most interactions first", is_ranking=True),
        ReportName("regions", "Regions, most interactions first", is_ranking=True),
        ReportName("devices", "Devices, most interactions first", is_ranking=True),
        ReportName(
            "breakdown",
            "A measure, such as people or revenue, by the values of any property",
            is_compared=True,
            is_ranking=True,
            options=("measure", "by", "goal"),
        ),
        ReportName(
            "retention",
            "Of the people who first came in a day, week or month, how many came back later",
            options=("first", "returning"),
        ),
        ReportName("growth", "Interactions by the day they were received, of the last 30 days", is_filtered=False),
        ReportName("health", "The checks of the Health page, with what to do", is_filtered=False),
        ReportName("cohorts", "Cohorts, and how many people they have", is_filtered=False),
        ReportName("audience", "How many people there are, and who is linked", is_filtered=False, of_people=True),
        ReportName("shared_devices", "Anonymous ids seen with several users", is_filtered=False, of_people=True),
    )
}
