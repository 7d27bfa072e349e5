"""Work on batches, a few of them at a time."""

import collections
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

COUNT = 2  # batches under way; a single one leaves a core idle while it waits for memory or its slowest thread


_ROOM = threading.Semaphore(COUNT)  # of the process: a node of a cluster may work on several shards at a time


def in_flight(batches: Iterable[tuple], work: Callable[..., Any]) -> Iterator[Any]:
    """The results of `work(*batch)` in the order of the batches, COUNT of them under way at a time."""

    def in_room(*batch: Any) -> Any:
        with _ROOM:
            return work(*batch)

    with ThreadPoolExecutor(COUNT) as pool:
        waiting: collections.deque[Future] = collections.deque()
        for batch in batches:
            done = [waiting.popleft().result()] if len(waiting) == COUNT else []
            waiting.append(pool.submit(in_room, *batch))  # before the result is consumed, which takes time
            yield from done
        while waiting:
            yield waiting.popleft().result()
