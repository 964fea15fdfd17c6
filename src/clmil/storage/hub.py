"""Models on the Hugging Face hub: found by `owner/name`, downloaded, uploaded.

Only the files of a model folder travel, and none of them is code.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from clmil.errors import ModelError
from clmil.storage.atomic import first_line
from clmil.storage.folder import check_folder, is_model, model_files

FILES = ("*.json", "*.safetensors", "*.onnx", "*.yaml", "README.md", "*/README.md")
"""What a model folder holds, and a blend's members in folders below it."""

APART = ("training/*", ".*/*")
"""What is no part of a model, such as the checkpoints of a run; it never travels."""

_NAME = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
_REPOSITORY = re.compile(rf"(?P<repository>{_NAME}/{_NAME})(?:@(?P<revision>[\w./-]+))?", re.ASCII)


def find_model(name: str | Path) -> Path:
    """Return the folder of a model, downloaded if it is on the hub.

    Args:
        name: a folder; or, where there is no such folder, `owner/name` or `owner/name@revision`
            (a branch, a tag or a commit).

    Raises:
        ModelError: if the hub cannot be reached, has no such model, or what it has is no model.
    """
    folder = Path(name)
    found = _REPOSITORY.fullmatch(name if isinstance(name, str) else name.as_posix())
    if found is None or folder.exists():
        return folder
    return _download(found["repository"], found["revision"])


def push_model(
    folder: Path, repository: str, *, private: bool = False, revision: str | None = None
) -> str:
    """Upload a model folder and return its address.

    Args:
        folder: a model folder.
        repository: `owner/name`; made if it does not exist.
        private: make it private, if it is made.
        revision: branch to upload to, made if it does not exist; None: the main one.

    Raises:
        ModelError: if the folder is no model, the name no `owner/name`, or the hub cannot be
            reached or refuses.
    """
    from huggingface_hub import HfApi

    check_folder(folder)
    if not re.fullmatch(f"{_NAME}/{_NAME}", repository, re.ASCII):
        raise ModelError(f"{repository!r} is no name on the hub; give one like owner/name.")
    api = HfApi()
    with _explained(f"cannot upload to {repository}"):
        address = api.create_repo(repository, private=private, exist_ok=True)
        if revision is not None:
            api.create_branch(repository, branch=revision, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            revision=revision,
            commit_message="Upload a clmil model",
            allow_patterns=_own_files(folder),
        )
    return str(address) if revision is None else f"{address}/tree/{revision}"


def _own_files(folder: Path) -> list[str]:
    """Return the paths, within a model folder, of the files that travel."""
    names = [file.relative_to(folder).as_posix() for file in model_files(folder)]
    return [name for name in names if any(fnmatch(name, kind) for kind in FILES)]


def _download(repository: str, revision: str | None) -> Path:
    at = f" at {revision}" if revision else ""
    with _explained(f"there is no folder {repository}, and no model of that name{at} was found"):
        folder = _snapshot(repository, revision, ("config.json",))
        if is_model(folder):  # before anything large is downloaded
            return _snapshot(repository, folder.name, FILES)
    raise ModelError(
        f"{repository} on the hub holds no clmil model{at}; give one that `clmil push` uploaded."
    )


def _snapshot(repository: str, revision: str | None, files: tuple[str, ...]) -> Path:
    """Return the cached folder, named after the commit, with these files of a repository."""
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        repository, revision=revision, allow_patterns=list(files), ignore_patterns=list(APART)
    )
    return Path(folder)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn every way in which the hub can fail into one sentence that begins with `what`."""
    from huggingface_hub import errors

    # The second is httpx's, by whatever name this version of the hub's library imports it.
    failures = (OSError, errors.HTTPError, ValueError)  # type: ignore[attr-defined]
    try:
        yield
    except failures as error:
        raise ModelError(f"{what} ({_reason(error)}).") from error


def _reason(error: Exception) -> str:
    """Say what an answer of the hub, or its absence, means and what to do."""
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    login = "run `hf auth login` or set HF_TOKEN"
    if isinstance(error, errors.GatedRepoError):
        return f"it is gated; ask for access on its page, then {login}"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the hub knows the model but not this revision; check its name"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"the hub knows no such model, or it is private; check the name, or {login}"
    if isinstance(error, errors.LocalTokenNotFoundError) or status in (401, 403):
        return f"the hub wants a token that may do this; {login}"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "the hub cannot be reached, and its cache has no copy; check the network"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it to use the network"
    if status is not None:
        return f"the hub answers {status}: {first_line(error)}; try again later"
    return f"the hub cannot be reached: {first_line(error)}; check the network"
