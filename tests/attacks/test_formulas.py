"""No cell of any CSV file is a formula to a spreadsheet, whatever it takes for a separator."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from django.test import Client

from interactions.access import audit
from interactions.access.audit import Action
from interactions.csv_cells import harmless, harmless_column
from interactions.ingest.live import calls
from interactions.models import Environment
from tests import cast
from tests.deliveries import delivery

SEPARATORS = ",;\t|"
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff201")
BEFORE = ("", " ", "\u00a0", "a", '"', "'", "\u200b")
BETWEEN = ("", ";", "\t", "|", "\n", "\r", "\r\n")
ATTACKS = [f"{before}{between}{formula}" for before in BEFORE for between in BETWEEN for formula in FORMULAS]
BEGINS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
PASSED = " \u00a0\u200b\ufeff"


def formulas_in(text: str) -> list[str]:
    """Cells that begin like a formula, read with each separator; numbers are none."""
    found = []
    for separator in SEPARATORS[1:] if '"' in text else SEPARATORS:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            # A separator that the file does not use cuts quoted cells apart, too.
            cells = [part for cell in row for line in cell.splitlines() or [""] for part in line.split(separator)]
            found += [cell for cell in cells if cell.strip(PASSED).startswith(BEGINS) and not _is_number(cell)]
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_attacks_are_attacks() -> None:
    assert set(formulas_in("x;=1+1\r\n")) == set(formulas_in("a\t=1+1\r\n")) == {"=1+1"}
    assert formulas_in('"-8845298781299428018"\r\n') == formulas_in("'=1+1\r\n") == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_cell_is_no_formula_with_any_separator(attack: str) -> None:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([harmless(attack)])
    assert formulas_in(line.getvalue()) == []


def test_a_column_of_an_export_is_made_harmless_alike() -> None:
    assert harmless_column(pa.array(ATTACKS)).to_pylist() == [harmless(attack) for attack in ATTACKS]


@pytest.mark.django_db
def test_the_activity_log_holds_no_formula(client: Client) -> None:
    production = Environment.objects.get(slug="production")
    olga = cast.owner()
    for attack in ATTACKS[::7]:
        audit.note(Action.KEY_CREATED, by=olga, environment=production, object=attack[:100], details={"kind": attack})
    client.force_login(olga)
    answer = client.get("/production/activity/?format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert formulas_in(text) == [] and "SUM" in text


@pytest.mark.django_db
def test_the_problems_of_live_calls_hold_no_formula(client: Client, redis_server: str, tmp_path: Path) -> None:
    for attack in FORMULAS:
        calls.push([delivery(status=422, lines=[f"data.0.{attack.replace(' ', '')} is invalid. {attack}"])])
    client.force_login(cast.owner())
    text = client.get("/production/live/problems/?format=csv").content.decode("utf-8-sig")
    assert formulas_in(text) == [] and "SUM" in text
