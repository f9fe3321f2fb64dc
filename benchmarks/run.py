"""``make bench``: how fast an import is, how much memory it takes, how soon the dashboard and the API answer.

Everything happens below ``.build/bench``, which is gone afterwards. The page of figures is printed and written to
``benchmarks/RESULTS.md``; a run of another size than the full one leaves that as it is and writes to ``.build``.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import files, machine, object_store, processes
from benchmarks.processes import say
from benchmarks.report import Figures, page
from dojo.cores import cores

FULL, QUICK = 1_000_000, 100_000
SAMPLE = 100_000
TOPIC = 400_000
PAGE_ROUNDS = 3
BESIDE = 10
"""How many times the file's records are in the table that it is imported beside."""
TIMES = 10
"""How many times the file's records people are erased from."""
PAGE_TIMES = (1, 10, 100)
"""The questions of the dashboard's page are put to tables of so many times as many thin records."""
STEADY, QUICK_STEADY, LONGEST_STEADY = 300, 20, 900
"""Seconds of the API's steady run."""
_RECORDS_A_CALL = 50  # of the file, for each call of one record that the API is sent
_BYTES_A_RECORD = 4_500  # of disk, at the fullest moment
_BYTES_A_THIN_RECORD = 250  # with the index, and what it is built of
_WORK = processes.HOUSE / ".build" / "bench"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--records", type=int, default=FULL, help=f"in the file ({FULL:,})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} records, a steady run of {QUICK_STEADY} s")
    parser.add_argument("--rounds", type=int, default=3, help="how often each import is measured (3)")
    parser.add_argument(
        "--page-rounds", type=int, default=PAGE_ROUNDS, help=f"how often the page, with each filter ({PAGE_ROUNDS})"
    )
    parser.add_argument("--skip-dashboard", action="store_true", help="leave the dashboard's questions out")
    parser.add_argument(
        "--skip-hundred", action="store_true", help="leave the largest table of the dashboard's page out"
    )
    parser.add_argument("--skip-api", action="store_true", help="leave the live API out")
    parser.add_argument("--skip-erasing", action="store_true", help="leave the erasing of people out")
    parser.add_argument("--steady-seconds", type=int, help=f"of the API's steady run ({STEADY})")
    parser.add_argument("--results", type=Path, help="where the page of figures is written")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.records = QUICK
    if chosen.steady_seconds is None:
        chosen.steady_seconds = QUICK_STEADY if chosen.quick else STEADY
    if chosen.records < 1 or chosen.rounds < 1 or chosen.page_rounds < 1:
        parser.error("--records, --rounds and --page-rounds have to be at least 1.")
    if not 1 <= chosen.steady_seconds <= LONGEST_STEADY:
        parser.error(f"--steady-seconds has to be from 1 to {LONGEST_STEADY}.")
    chosen.page_times = PAGE_TIMES[:-1] if chosen.skip_hundred else PAGE_TIMES
    if chosen.skip_dashboard:
        chosen.page_times = ()
    if chosen.results is None:
        is_full = chosen.records == FULL and not chosen.skip_dashboard and not chosen.skip_hundred
        is_full &= chosen.steady_seconds == STEADY and not chosen.skip_api and not chosen.skip_erasing
        chosen.results = processes.HOUSE / ("benchmarks" if is_full else ".build") / "RESULTS.md"
    return chosen


class Bench:
    """One run in the folder ``work``."""

    def __init__(self, work: Path, chosen: argparse.Namespace) -> None:
        self.work = work
        self.records: int = chosen.records
        self.page_rounds: int = chosen.page_rounds
        self.page_times: tuple[int, ...] = chosen.page_times
        self.is_erasing: bool = not chosen.skip_erasing
        self.steady_seconds: int = 0 if chosen.skip_api else chosen.steady_seconds
        ends = ("jsonl", "json", "json.gz", "csv")
        self.lines, self.object, self.packed, self.table = (work / f"interactions.{end}" for end in ends)
        self.other, self.sample = work / "other.jsonl", work / "sample.jsonl"
        self._make_files()
        self.figures = Figures(
            records=self.records,
            size=self.lines.stat().st_size,
            cores=cores(),
            rounds=chosen.rounds,
            machine=machine.facts(),
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
        )

    def run(self) -> Figures:
        for number in range(1, self.figures.rounds + 1):
            say(f"Round {number} of {self.figures.rounds}")
            self._round()
        say(f"A table that holds {BESIDE * self.records:,} other records")
        self._large()
        if find_spec("confluent_kafka"):
            say("A topic of Kafka")
            self._topic()
        for times in self.page_times:
            say(f"The dashboard's page at {times * self.records:,} records")
            self._page(times * self.records)
        if self.steady_seconds:
            say("The live API")
            self._api()
        if self.is_erasing:
            say(f"People are erased from {TIMES * self.records:,} records")
            self._erasing()
        if find_spec("moto"):
            say("An object store")
            self.figures.store = object_store.measure(self.lines, self.records, self.figures.rounds, self.work)
        return self.figures

    def _make_files(self) -> None:
        say(f"Making {self.records:,} records, and {self.records:,} others")
        files.make_lines(self.lines, self.records, seed=1)
        files.make_lines(self.other, self.records, seed=2)
        files.make_object(self.lines, self.object)
        files.make_packed(self.object, self.packed)
        files.make_table(self.lines, self.table)
        files.make_sample(self.lines, self.sample, SAMPLE)
        for path in (self.lines, self.object, self.packed, self.table, self.sample):
            files.warm(path)

    def _round(self) -> None:
        figures = self.figures
        figures.duckdb.append(self._peer("duckdb", self.lines))
        found = self._import(self.lines, "--again")
        figures.lines.append(found["first"])
        figures.again.append(found["again"])
        figures.object.append(self._import(self.object)["first"])
        figures.packed.append(self._import(self.packed)["first"])
        figures.table.append(self._import(self.table)["first"])
        figures.pandas.append(self._peer("pandas", self.sample))

    def _peer(self, name: str, file: Path) -> dict[str, Any]:
        folder = self._fresh_folder()
        found = processes.measure("peers", name, file, folder, self.figures.cores, data=folder, cores=cores())
        shutil.rmtree(folder)
        say(f"  {name}, {file.name}: {found['seconds']:.2f} s for {found['records']:,} records")
        expected = min(self.records, SAMPLE) if file == self.sample else self.records
        if found["records"] != expected:
            raise processes.Failed(f"{name} read {found['records']:,} of {expected:,} records.")
        return found

    def _import(self, file: Path, *more: str) -> dict[str, Any]:
        folder = self._fresh_folder()
        found = processes.measure("importing", file, self.records, *more, data=folder, cores=cores())
        shutil.rmtree(folder)
        again = f", {found['again']['seconds']:.2f} s again" if found["again"] else ""
        say(f"  Dojo, {file.name}: {found['first']['seconds']:.2f} s{again}")
        return found

    def _large(self) -> None:
        folder = self._fresh_folder()
        asked = (self.other, self.lines, self.records, BESIDE)
        self.figures.beside.append(processes.measure("large", *asked, data=folder, cores=cores()))
        self.figures.others = BESIDE * self.records
        shutil.rmtree(folder)

    def _topic(self) -> None:
        folder = self._fresh_folder()
        records = min(self.records, TOPIC)
        self.figures.topic = processes.measure("topic", self.lines, records, data=folder, cores=cores())
        shutil.rmtree(folder)

    def _page(self, records: int) -> None:
        folder = self._fresh_folder()
        found = processes.measure("pages", records, cores(), self.page_rounds, data=folder, cores=cores())
        self.figures.pages.append(found)
        shutil.rmtree(folder)

    def _api(self) -> None:
        folder = self._fresh_folder()
        calls = max(40, self.records // _RECORDS_A_CALL)
        self.figures.api = processes.measure("calling", calls, self.steady_seconds, data=folder, cores=cores())
        shutil.rmtree(folder)

    def _erasing(self) -> None:
        folder = self._fresh_folder()
        asked = (self.lines, self.other, TIMES)
        self.figures.erasing = processes.measure("erasing", *asked, data=folder, cores=cores())
        shutil.rmtree(folder)

    def _fresh_folder(self) -> Path:
        """A folder whose path is short enough for a socket below it."""
        return Path(tempfile.mkdtemp(prefix="data-", dir=self.work))


def require_room(records: int, page_times: int) -> None:
    """Raises Failed where the disk has too little room."""
    free = shutil.disk_usage(_WORK).free
    needed = records * (_BYTES_A_RECORD + page_times * _BYTES_A_THIN_RECORD)
    if free < needed + (1 << 30):
        raise processes.Failed(f"The benchmarks need {needed / 1e9 + 1:.0f} GB of disk, {free / 1e9:.0f} GB are free.")


def main() -> None:
    chosen = options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, it cleans up as after Ctrl-C
    _WORK.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=_WORK))
    began = time.monotonic()
    try:
        require_room(chosen.records, max(chosen.page_times, default=0))
        text = page(Bench(work, chosen).run())
        chosen.results.write_text(text)
    except processes.Failed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("Stopped: no figures were written.")
    finally:
        shutil.rmtree(work)
    print(text)
    say(f"Written to {chosen.results} after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
