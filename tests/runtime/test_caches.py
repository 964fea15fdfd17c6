"""Caches are bounded, and what the user has set stays."""

from clmil.runtime import caches


def test_caches_are_bounded_unless_the_user_did(monkeypatch):
    for name in caches.CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(caches.CACHES[0], "5")
    caches.bound_caches()
    assert [caches.os.environ[name] for name in caches.CACHES] == ["5", str(caches.CAPACITY)]
