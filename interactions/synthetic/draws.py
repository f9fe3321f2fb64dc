"""Random numbers, drawn from numpy thousands at a time: a call costs some 30 ns instead of a microsecond."""

from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from interactions.synthetic.catalogue import catalogue

T = TypeVar("T")
BATCH = 8192


class Draws:
    """Endless draws for one run; the same seed gives the same draws. Each attribute is called without arguments.

    `chance`: a float in [0, 1). `dwell`: seconds spent on a page, to a tenth. `product`, `phrase`, `story`, `shelf`:
    an index into that list of the catalogue, the popular far more often (Zipf). `uuid`: a random UUID as text.
    """

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        shop = catalogue()
        self.chance: Callable[[], float] = _endless(lambda: self.generator.random(BATCH).tolist())
        self.dwell: Callable[[], float] = _endless(self._dwells)
        self.product = self._zipf(len(shop.products), 0.9)
        self.phrase = self._zipf(len(shop.phrases), 0.8)
        self.story = self._zipf(len(shop.stories), 0.8)
        self.shelf = self._zipf(len(shop.shelves), 0.7)
        self.uuid: Callable[[], str] = _endless(self._uuids)

    def _dwells(self) -> list[float]:
        seconds: NDArray[np.float64] = self.generator.lognormal(2.9, 0.9, BATCH)
        tenths: list[float] = seconds.clip(0.8, 900).round(1).tolist()
        return tenths

    def _zipf(self, length: int, exponent: float) -> Callable[[], int]:
        reached = np.cumsum(np.arange(1, length + 1, dtype=np.float64) ** -exponent)
        reached /= reached[-1]
        return _endless(lambda: np.searchsorted(reached, self.generator.random(BATCH), side="right").tolist())

    def _uuids(self) -> Iterable[str]:
        digits = self.generator.bytes(16 * BATCH).hex()
        for at in range(0, len(digits), 32):
            d = digits[at : at + 32]
            yield f"{d[:8]}-{d[8:12]}-4{d[13:16]}-8{d[17:20]}-{d[20:]}"


def _endless(batch: Callable[[], Iterable[T]]) -> Callable[[], T]:
    return chain.from_iterable(batch() for _ in count()).__next__
