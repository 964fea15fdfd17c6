import pytest

from clmil.errors import listed, nearest


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ""),
        (2, "0, 1"),
        (3, "0, 1, 2"),
        (4, "0, 1, 2 and 1 more"),
        (1004, "0, 1, 2 and 1,001 more"),
    ],
)
def test_of_many_names_the_first_are_listed(count, expected):
    assert listed([*map(str, range(count))], most=3) == expected


def test_the_nearest_name_is_proposed_if_one_is_near():
    assert nearest("metl", ["fruit", "metal"], "name another.") == "did you mean 'metal'?"
    assert nearest("x", ["fruit", "metal"], "name another.") == "name another."
