"""Free memory is given back, but not all the time."""

from clmil.serving import memory


def test_memory_is_given_back_now_and_then(monkeypatch):
    times = iter(memory.EVERY * share for share in (0.0, 0.5, 1.5, 1.5, 2.0))
    monkeypatch.setattr(memory, "monotonic", lambda: next(times))
    free, calls = memory.FreeMemory(), []
    free._trim = calls.append
    free.give_back()
    assert not calls
    free.give_back()
    free.give_back()
    assert calls == [0]
