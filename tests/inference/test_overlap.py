from __future__ import annotations

import threading
import time

import pytest

from rcl_cli.inference.overlap import ahead, behind


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


def made(value: int):
    def make() -> int:
        if value == 1:
            raise ValueError("one")
        return value * 10

    return value, make


def test_what_is_made_is_finished_in_order_and_errors_stay_with_their_items():
    def finish(item: int, value: int) -> int:
        if item == 2:
            raise KeyError("two")
        return item + value

    results = list(behind(finish, map(made, range(4))))
    assert [item for item, _ in results] == [0, 1, 2, 3]
    assert (results[0][1](), results[3][1]()) == (0, 33)
    with pytest.raises(ValueError, match="one"):
        results[1][1]()
    with pytest.raises(KeyError, match="two"):
        results[2][1]()
    assert list(behind(finish, [])) == []


def test_the_next_is_made_while_the_last_is_finished():
    second_made = threading.Event()

    def items():
        yield 0, lambda: 0
        yield 1, lambda: second_made.set()

    def finish(item: int, _: object) -> bool:
        return second_made.wait(5)

    assert all(done() for _, done in behind(finish, items()))


def test_what_was_begun_is_finished_whatever_ends_the_rest():
    finished: list[int] = []

    def finish(item: int, _: object) -> None:
        time.sleep(0.05)
        finished.append(item)

    def items():
        yield 0, lambda: 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(behind(finish, items()))
    assert finished == [0]


def test_what_is_large_is_finished_before_the_next_is_made():
    events: list[str] = []

    def items():
        for name in "ab":
            yield name, lambda name=name: events.append(f"made {name}")

    def finish(item: str, _: object) -> None:
        time.sleep(0.02)
        events.append(f"finished {item}")

    list(behind(finish, items(), alone=lambda _: True))
    assert events == ["made a", "finished a", "made b", "finished b"]
