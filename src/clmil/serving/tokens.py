"""The secret that requests carry: found here, compared in `access`."""

import re
from collections.abc import Mapping
from pathlib import Path

from clmil.errors import ServingError

VARIABLE = "CLMIL_TOKEN"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,4096}")
"""What RFC 6750 allows in a bearer token, and long enough not to be guessed by hand."""


def find_token(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the token of a file or, without one, of the variable `CLMIL_TOKEN`.

    A token is never an argument, because every user of a machine sees those.

    Args:
        file: one line, the token.
        environment: variables of the process.

    Raises:
        ServingError: if the file cannot be read, or the token is no bearer token.
    """
    if file is not None:
        return _checked(_read(file), f"the token file {file}")
    given = environment.get(VARIABLE)
    return None if given is None else _checked(given, f"the variable {VARIABLE}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ServingError(
            f"the token file {file} cannot be read ({reason}); check the path."
        ) from None
    except ValueError:
        raise ServingError(
            f"the token file {file} is not text in UTF-8; write the token on one line."
        ) from None


def _checked(given: str, where: str) -> str:
    token = given.strip()
    if not _TOKEN.fullmatch(token):
        raise ServingError(
            f"{where} holds no token; give one of at least 8 letters, digits or any of ._~+/=- "
            "on one line, as `openssl rand -hex 32` prints."
        )
    return token
