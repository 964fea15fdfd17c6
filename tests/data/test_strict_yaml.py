"""YAML whose keys stand once, and what is said of other text."""

import pytest

from clmil.data.strict_yaml import RepeatedKeyError, load_yaml


def test_keys_that_only_look_alike_differ() -> None:
    assert load_yaml("1: a\n'1': b") == {1: "a", "1": "b"}
    assert load_yaml("a: {x: 1}\nb: {x: 2}") == {"a": {"x": 1}, "b": {"x": 2}}
    assert load_yaml("base: &base {x: 1}\nmore: {<<: *base, x: 2}")["more"] == {"x": 2}


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: 1\n'a': 2", "b: 0\n? a\n: 1\na: 2"])
def test_a_key_that_stands_twice_is_told(text: str) -> None:
    with pytest.raises(RepeatedKeyError, match=r"^line \d: the key 'a' stands twice$") as raised:
        load_yaml(text)
    assert raised.value.key == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "^line 1: mapping values are not allowed here$"),
        ("{[1]: 2}", "^line 1: found unhashable key$"),
        ("a: 2024-13-45", "month must be in 1..12"),
        ("a: \x00", "unacceptable character"),
        ("[" * 9999, "^nested too deeply$"),
    ],
)
def test_what_is_no_yaml(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load_yaml(text)
