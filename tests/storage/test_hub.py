"""The hub: what is a hub id, what travels, what is said when it fails."""

import json
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import errors
from huggingface_hub.utils import filter_repo_objects

from clmil.errors import ModelError
from clmil.storage.hub import APART, FILES, find_model, push_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODEL = {"model_type": "clmil", "format_version": 1}


class Hub:
    """Stands in for the hub; fails as told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls, self.failure = folder / COMMIT, [], None
        self.folder.mkdir()
        self.config = MODEL

    def snapshot_download(self, repository, **how):
        self.note("snapshot_download", repository, **how)
        (self.folder / "config.json").write_text(json.dumps(self.config))
        return str(self.folder)

    def create_repo(self, repository, **how):
        self.note("create_repo", repository, **how)
        return f"https://hub/{repository}"

    def create_branch(self, repository, **how):
        self.note("create_branch", repository, **how)

    def upload_folder(self, **how):
        self.note("upload_folder", **how)

    def note(self, *call, **how):
        self.calls.append((*call, how))
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def hub(tmp_path, monkeypatch):
    fake = Hub(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake.snapshot_download)
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: fake)
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(MODEL))
    return folder


def answer(kind, status):
    response = SimpleNamespace(status_code=status, headers={}, request=None)
    return kind(f"{status} for url: https://hub\n\nmore lines", response=response)


@pytest.mark.parametrize(
    "name", ["model", "./owner/name", "/owner/name", "a/b/c", "~/name", "../name", "owner/na me"]
)
def test_folders_are_not_looked_up(hub, name):
    assert find_model(name) == Path(name)
    assert hub.calls == []


def test_a_folder_comes_before_the_hub(hub, tmp_path):
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert find_model("owner/name") == Path("owner/name")
    assert hub.calls == []


@pytest.mark.parametrize("revision", [None, "v1.0", "refs/pr/1"])
def test_a_model_is_downloaded_once_it_is_known_to_be_one(hub, revision):
    name = "owner/name" if revision is None else f"owner/name@{revision}"
    assert find_model(Path(name)) == hub.folder
    first, second = hub.calls
    assert first[1:2] == second[1:2] == ("owner/name",)
    assert first[2]["allow_patterns"] == ["config.json"]
    assert first[2]["revision"] == revision
    assert second[2]["allow_patterns"] == list(FILES)
    assert second[2]["revision"] == COMMIT


@pytest.mark.parametrize("config", [{"model_type": "bert"}, []])
def test_another_model_is_not_downloaded(hub, config):
    hub.config = config
    with pytest.raises(ModelError, match=r"owner/name on the hub holds no clmil model at v1; give"):
        find_model("owner/name@v1")
    assert len(hub.calls) == 1


def test_only_the_files_of_a_model_travel():
    there = ["config.json", "model.safetensors", "labels.json", "recipe.yaml", "README.md"]
    there += ["members/linear/config.json", "members/linear/model.safetensors"]
    others = ["training/run.json", "training/a/x.safetensors", "code.py", "model.pkl", ".git/x"]
    chosen = filter_repo_objects(
        [*there, *others], allow_patterns=list(FILES), ignore_patterns=list(APART)
    )
    assert list(chosen) == there


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (answer(errors.RepositoryNotFoundError, 401), "knows no such model, or it is private"),
        (answer(errors.RevisionNotFoundError, 404), "not this revision"),
        (answer(errors.GatedRepoError, 403), "it is gated"),
        (answer(errors.HfHubHTTPError, 403), "wants a token that may do this; run `hf auth login`"),
        (answer(errors.HfHubHTTPError, 503), "answers 503: 503 for url: https://hub; try again"),
        (
            errors.LocalEntryNotFoundError("Cannot find it.\nx"),
            "reached, and its cache has no copy; check",
        ),
        (errors.OfflineModeIsEnabled("offline mode"), "HF_HUB_OFFLINE is set; unset it"),
        (errors.HTTPError("connection refused"), "reached: connection refused; check the network"),
        (errors.LocalTokenNotFoundError("no token"), "run `hf auth login` or set HF_TOKEN"),
    ],
)
def test_failures_are_one_sentence(hub, model, failure, said):
    hub.failure = failure
    with pytest.raises(ModelError) as caught:
        find_model("owner/name")
    assert str(caught.value).startswith("there is no folder owner/name, and no model of that name")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError) as caught:
        push_model(model, "owner/name")
    assert str(caught.value).startswith("cannot upload to owner/name (")
    assert said in str(caught.value)


def test_push_makes_the_repository_and_uploads(hub, model):
    assert push_model(model, "owner/name", private=True) == "https://hub/owner/name"
    made, sent = hub.calls
    assert made == ("create_repo", "owner/name", {"private": True, "exist_ok": True})
    assert (sent[1]["repo_id"], sent[1]["folder_path"]) == ("owner/name", model)
    there = sorted(file.name for file in model.iterdir() if file.is_file())
    assert (sent[1]["allow_patterns"], sent[1]["revision"]) == (there, None)


def test_push_to_a_branch_makes_it(hub, model):
    address = push_model(model, "owner/name", revision="v2")
    assert address == "https://hub/owner/name/tree/v2"
    assert hub.calls[1] == ("create_branch", "owner/name", {"branch": "v2", "exist_ok": True})
    assert hub.calls[2][1]["revision"] == "v2"


def test_what_cannot_be_pushed(hub, model, tmp_path):
    with pytest.raises(ModelError, match=r"'name' is no name on the hub; give one like owner/name"):
        push_model(model, "name")
    with pytest.raises(ModelError, match="does not exist"):
        push_model(tmp_path / "nowhere", "owner/name")
    (model / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no clmil model"):
        push_model(model, "owner/name")
    assert hub.calls == []


def test_members_of_a_blend_are_uploaded_and_a_run_beside_them_is_not(hub, model):
    for name in ("members/cnn/config.json", "members/cnn/x.pkl", "training/run.json", "a/b.json"):
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text("{}")
    push_model(model, "owner/name")
    sent = hub.calls[-1][1]["allow_patterns"]
    assert [name for name in sent if "/" in name] == ["members/cnn/config.json"]
