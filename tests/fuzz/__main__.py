"""``make fuzz``: change the kept corpus at random for ten minutes, and hold the readers of it to each other.

What fails is kept in the corpus, so the suite tries it from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.agreement import check_file, check_record
from tests.fuzz.mutation import mutated

CORPUS = Path(__file__).with_name("corpus")


def corpus() -> list[bytes]:
    """The kept texts, in the order of their names."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def once(seed: int, texts: list[bytes]) -> bytes:
    """One try: the text that it was of. Raises what went wrong, with the text as a note."""
    chance = random.Random(seed)
    text = mutated(chance.choice(texts), chance, texts)
    record = mutated(chance.choice(chance.choice(texts).splitlines() or [b"{}"]), chance, texts)
    _held(text, lambda: check_file(text, chance))
    _held(record, lambda: check_record(record))
    return text


def _held(text: bytes, check: Callable[[], None]) -> None:
    try:
        check()
    except Exception as error:
        error.add_note(f"The text: {text!r}")
        error.__dict__["text"] = text
        raise


def main() -> int:
    """Answers how many texts failed, 1 at most."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    print(f"Seed {options.seed}", flush=True)
    texts, seed, failed, until = corpus(), options.seed, 0, time.monotonic() + options.seconds
    while time.monotonic() < until:
        seed += 1
        try:
            once(seed, texts)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
            failed += 1
            text = error.__dict__.get("text", b"")
            path = CORPUS / f"found-{hashlib.sha256(text).hexdigest()[:12]}"
            path.write_bytes(text)
            traceback.print_exc()
            print(f"Try {seed - options.seed} failed; its text is kept as {path}", flush=True)
    print(f"{seed - options.seed:,} tries, {failed} failed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
