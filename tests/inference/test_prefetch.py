from __future__ import annotations

import threading
import time

import pytest

from rcl_cli.inference.prefetch import ahead


def test_results_come_in_order_with_their_items():
    assert [(item, result()) for item, result in ahead(lambda n: n * n, range(5))] == [(n, n * n) for n in range(5)]
    assert list(ahead(str, [])) == []


def test_the_next_item_is_worked_on_meanwhile_and_no_other():
    started: list[int] = []
    begun = threading.Event()

    def work(item: int) -> int:
        started.append(item)
        if item == 1:
            begun.set()
        return item

    items = ahead(work, range(4))
    _, result = next(items)
    assert result() == 0
    assert begun.wait(5)
    time.sleep(0.05)
    assert started == [0, 1]
    assert [result() for _, result in items] == [1, 2, 3]


def test_an_error_comes_with_its_own_item_only():
    def work(item: int) -> int:
        if item == 1:
            raise ValueError("one")
        return item

    results = ahead(work, range(3))
    assert next(results)[1]() == 0
    with pytest.raises(ValueError, match="one"):
        next(results)[1]()
    assert next(results)[1]() == 2
