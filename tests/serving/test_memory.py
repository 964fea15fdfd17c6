"""Memory is bounded, and what the user has set stays."""

from clmil.serving import memory


def test_caches_are_bounded_unless_the_user_did(monkeypatch):
    for name in memory.CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(memory.CACHES[0], "5")
    memory.bound_caches()
    assert [memory.os.environ[name] for name in memory.CACHES] == ["5", str(memory.CAPACITY)]


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
