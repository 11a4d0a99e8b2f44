from __future__ import annotations

import signal
import threading

import pytest

from rcl_cli.train.interrupt import stop_on_interrupt, unwinding

CAUGHT = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", CAUGHT)
def test_the_first_signal_asks_and_a_second_ctrl_c_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_interrupt() as stopped:
        assert not stopped()
        signal.raise_signal(number)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) is before


def test_a_system_that_shuts_down_sends_two_and_saving_goes_on() -> None:
    with stop_on_interrupt() as stopped:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            signal.raise_signal(number)
        assert stopped()


def test_unwinding_happens_once() -> None:
    ended = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGHUP)
            ended.append("in order")

    with unwinding(), pytest.raises(KeyboardInterrupt):
        work()
    assert ended == ["in order"]


def test_other_threads_hear_no_signals_and_work_all_the_same() -> None:
    heard = []

    def work() -> None:
        with unwinding(), stop_on_interrupt() as stopped:
            heard.append(stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False]
