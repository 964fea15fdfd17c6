"""YAML in which no key stands twice; of two, YAML itself would take the last, unsaid."""

from collections.abc import Hashable
from typing import Any

import yaml


class RepeatedKeyError(ValueError):
    """A key that stands twice in one mapping.

    Args:
        key: as it is written.
        where: what begins the sentence, such as its line.
    """

    def __init__(self, key: str, where: str = "") -> None:
        super().__init__(f"{where}the key {key!r} stands twice")
        self.key = key


def load_yaml(text: str) -> Any:
    """Return the plain values of a YAML text.

    Raises:
        RepeatedKeyError: if a key stands twice.
        ValueError: with the line and what is wrong, if it is no YAML.
    """
    try:
        return yaml.load(text, _Strict)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else _line(error.problem_mark)
        raise ValueError(f"{line}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    except RecursionError:
        raise ValueError("nested too deeply") from None


class _Strict(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping, whose keys must differ; 1 and "1" do."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            mark = key.tag, str(key.value)  # of a key that is a list, its nodes as they print
            if mark in seen:
                raise RepeatedKeyError(key.value, _line(key.start_mark))
            seen.add(mark)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: "
