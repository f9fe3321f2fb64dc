"""The dashboard's panels as CSV files, with the time zone in the heading."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pandas as pd
from django.http import HttpResponse

from interactions.console import charts
from interactions.console.dashboard.data import DashboardData
from interactions.console.spreadsheet import as_file
from interactions.contract.currencies import rounded
from interactions.contract.moments import local
from interactions.questions.names import SUBJECTS
from interactions.questions.tables import is_money, table_of

TABLES: Final = {
    "totals": "totals_over_time",
    **{
        name: name
        for name in (
            "over_time",
            "by_type",
            "by_group",
            "rhythm",
            "funnel",
            "assisted",
            "assisted_over_time",
            *SUBJECTS,
        )
    },
}
"""The report of each panel."""


def as_csv(data: DashboardData, panel: str) -> HttpResponse:
    """The panel's table as a CSV file. Raises KeyError for an unknown panel."""
    frame = table_of(data, TABLES[panel]).drop(columns="is_other", errors="ignore")
    when = ""
    if data.start and data.end:
        first, last = local(data.start, data.zone), local(data.end - timedelta(microseconds=1), data.zone)
        when = f"-{first.date().isoformat()}-to-{last.date().isoformat()}"
    name = f"interactions-{data.environment.slug}-{panel.replace('_', '-')}{when}.csv"
    return as_file([_heading(data, frame), *_rows(data, frame)], name)


def _heading(data: DashboardData, frame: pd.DataFrame) -> list[str]:
    currency, zone = data.environment.currency, data.environment.time_zone
    words = [f"{name} ({zone})" if name == "day" else str(name) for name in frame.columns]
    words = [f"{word} ({currency})" if currency and is_money(word) else word for word in words]
    return [f"{data.unit} ({zone})", *words] if isinstance(frame.index, pd.DatetimeIndex) else words


def _rows(data: DashboardData, frame: pd.DataFrame) -> list[list[Any]]:
    """The cells, without a value where there is none, and amounts of money rounded."""
    paid = [at for at, name in enumerate(frame.columns) if is_money(str(name))]
    rows = [list(row) for row in frame.astype("object").where(frame.notna(), "").to_numpy().tolist()]
    for row in rows:
        for at in paid:
            row[at] = rounded(row[at], data.environment.currency) if isinstance(row[at], float) else row[at]
    if isinstance(frame.index, pd.DatetimeIndex):
        return [[charts.stamp(start, data.zone), *row] for start, row in zip(frame.index, rows, strict=True)]
    return rows
