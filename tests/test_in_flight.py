"""Batches under way at a time."""

import threading
import time
from collections.abc import Iterator

import pytest

from stages.support import in_flight


def test_results_keep_the_order_of_the_batches() -> None:
    def slow_where_even(number: int) -> int:
        time.sleep(0.02 * (number % 2 == 0))
        return number

    assert list(in_flight.in_flight([(number,) for number in range(7)], slow_where_even)) == list(range(7))


def test_no_more_are_under_way_than_was_said() -> None:
    # the barrier breaks unless two come together; a third finds no room
    together, room = threading.Barrier(in_flight.COUNT), threading.Semaphore(in_flight.COUNT)

    def work(_: int) -> None:
        assert room.acquire(blocking=False)
        together.wait(timeout=10)
        room.release()

    assert len(list(in_flight.in_flight([(number,) for number in range(8)], work))) == 8


def test_batches_are_read_no_further_ahead_than_they_are_worked_on() -> None:
    read = []

    def batches() -> Iterator[tuple[int]]:
        for number in range(6):
            read.append(number)
            yield (number,)

    results = in_flight.in_flight(batches(), lambda number: number)
    assert next(results) == 0
    assert len(read) == in_flight.COUNT + 1
    assert list(results) == [1, 2, 3, 4, 5]


def test_an_error_in_a_pass_reaches_the_stage() -> None:
    def work(number: int) -> int:
        return 1 // number

    results = in_flight.in_flight([(1,), (0,), (1,)], work)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        list(results)
