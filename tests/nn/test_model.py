"""The whole network: parts, invariances, gradients, and saving."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from clmil.nn.heads import mix
from clmil.nn.model import ClMilModel
from clmil.nn.predict import predict_tokens

Build = Callable[..., ClMilModel]
Batch = dict[str, torch.Tensor]

KINDS = ["bert", "roberta", "mpnet", "distilbert"]
OFF = {"enabled": False}
APART = {"see_text": False}
SWITCHES: dict[str, dict[str, Any]] = {
    "full": {},
    "no clrl": {"clrl": OFF},
    "fil only": {"cil": OFF, "clrl": OFF},
    "cil only": {"fil": OFF},
    "cil without labels": {"fil": OFF, "clrl": OFF, "labels": {"joint": False}},
    "labels apart": {"labels": APART},
    "fil only, labels apart": {"cil": OFF, "clrl": OFF, "labels": APART},
    "joint with clrl": {"fil": OFF, "cil": OFF},
    "joint": {"fil": OFF, "cil": OFF, "clrl": OFF},
    "plain": {"fil": OFF, "cil": OFF, "clrl": OFF, "labels": {"joint": False}},
    "plain, first token": {
        "fil": OFF,
        "cil": OFF,
        "clrl": OFF,
        "labels": {"joint": False},
        "classifier": {"pooling": "cls"},
    },
}


def text_of(batch: Batch) -> Batch:
    return {name: batch[name] for name in ("text_ids", "lengths")}


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_every_combination_gives_probabilities_and_its_losses(
    build: Build, batch: Batch, switches: dict[str, Any]
) -> None:
    model = build(**switches).train()
    settings = model.settings
    output = model(**batch)
    assert output.probabilities.shape == (3, 4)
    assert output.probabilities.dtype == torch.float32
    assert ((output.probabilities > 0) & (output.probabilities < 1)).all()
    assert (output.fil is not None) == settings.fil.enabled
    assert (output.cil is not None) == (settings.cil.enabled or not settings.fil.enabled)
    relations = settings.clrl.enabled and settings.labels.joint
    expected = [output.cil is not None, settings.fil.enabled, relations]
    assert (output.parts > 0).tolist() == expected
    output.loss.backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())
    assert model(**text_of(batch)).loss is None


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_only_the_parts_that_are_on_exist(build: Build, switches: dict[str, Any]) -> None:
    model = build(**switches)
    present = {name for name, _ in model.named_children() if name != "encoder"}
    settings = model.settings
    expected = {
        "fil": settings.fil.enabled,
        "fil_head": settings.fil.enabled,
        "cil": settings.cil.enabled,
        "cil_head": settings.cil.enabled,
        "plain_head": not (settings.fil.enabled or settings.cil.enabled),
        "clrl": settings.clrl.enabled,
        "label_table": settings.labels.joint,
    }
    assert present == {name for name, there in expected.items() if there}


def test_total_loss_is_equation_13(build: Build, batch: Batch) -> None:
    weights = {"alpha": 0.7, "beta": 1.3, "clrl": 0.4}
    output = build(loss=weights).train()(**batch)
    expected = torch.tensor([0.7, 1.3, 0.4]) @ output.parts
    torch.testing.assert_close(output.loss.detach(), expected)


def test_classifier_losses_are_equation_8_of_the_printed_probabilities(
    build: Build, batch: Batch
) -> None:
    output = build()(**batch)
    targets = batch["targets"].float()
    for chances, part in ((output.cil, output.parts[0]), (output.fil, output.parts[1])):
        terms = targets * chances.log() + (1 - targets) * (1 - chances).log()
        torch.testing.assert_close(part, -terms.mean().detach())


def test_relations_are_learned_in_training_only(build: Build, batch: Batch) -> None:
    model = build()
    assert model(**batch).parts[2] == 0
    assert model.train()(**batch).parts[2] > 0
    nothing = {**batch, "targets": torch.zeros(3, 4, dtype=torch.int8)}
    output = model(**nothing)
    output.loss.backward()
    assert output.parts[2] == 0
    assert torch.isfinite(output.loss)


def test_unknown_targets_are_masked(build: Build, batch: Batch) -> None:
    model = build(clrl=OFF)
    unknown = batch["targets"].clone()
    unknown[1] = -1
    masked = model(**{**batch, "targets": unknown})
    keep = torch.tensor([0, 2])
    alone = model(**{name: value[keep] for name, value in batch.items()})
    torch.testing.assert_close(masked.parts, alone.parts, atol=1e-5, rtol=0)
    torch.testing.assert_close(masked.loss, alone.loss, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("gamma", "expected"), [(0.0, 0.3), (0.5, 0.55), (1.0, 0.8)])
def test_mixing(gamma: float, expected: float) -> None:
    fil, cil = torch.tensor([0.8]), torch.tensor([0.3])
    assert mix(fil, cil, gamma).item() == pytest.approx(expected)
    assert mix(fil, None, gamma) is fil
    assert mix(None, cil, gamma) is cil


@pytest.mark.parametrize(("gamma", "unused", "used"), [(1.0, "cil", "fil"), (0.0, "fil", "cil")])
def test_gamma_at_its_ends_ignores_one_part(
    build: Build, batch: Batch, gamma: float, unused: str, used: str
) -> None:
    model = build(classifier={"gamma": gamma})
    before = model(**text_of(batch)).probabilities
    shake(model, unused)
    assert torch.equal(model(**text_of(batch)).probabilities, before)
    shake(model, used)
    assert not torch.equal(model(**text_of(batch)).probabilities, before)


def shake(model: ClMilModel, part: str) -> None:
    """Move every parameter of a part and of its classifier."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith((f"{part}.", f"{part}_head.")):
                parameter.add_(torch.randn_like(parameter))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("positions", ["sequential", "shared", "fixed"])
def test_padding_and_company_change_nothing(
    build: Build, batch: Batch, kind: str, positions: str
) -> None:
    model = build(kind, labels={"positions": positions})
    ids, lengths = batch["text_ids"], batch["lengths"]
    together = model(ids, lengths).probabilities
    dirty = torch.where(torch.arange(9) < lengths[:, None], ids, 10**9)
    wider = torch.nn.functional.pad(dirty, (0, 7), value=59)
    for variant in (dirty, wider):
        other = model(variant, lengths).probabilities
        torch.testing.assert_close(other, together, atol=1e-5, rtol=0)
    for row, length in enumerate(lengths.tolist()):
        alone = model(ids[row : row + 1, : max(length, 1)], lengths[row : row + 1]).probabilities
        torch.testing.assert_close(alone, together[row : row + 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_text_alone_is_encoded_as_by_the_encoder_itself(
    build: Build, batch: Batch, kind: str
) -> None:
    """Catches a wrong position offset, token type or frame."""
    model = build(kind)
    states, layout, _ = model.encode(**text_of(batch), joint=False)
    expected = model.encoder(
        input_ids=layout.input_ids, attention_mask=layout.attention_mask
    ).last_hidden_state
    real = layout.attention_mask == 1
    torch.testing.assert_close(states[real], expected[real], atol=1e-5, rtol=0)
    assert real.sum(dim=1).tolist() == [11, 6, 2]


@pytest.mark.parametrize("joint", [True, False])
def test_mean_pooling_covers_text_and_frame_but_no_label(
    build: Build, batch: Batch, joint: bool
) -> None:
    model = build()
    states, layout, _ = model.encode(**text_of(batch), joint=joint)
    pooled = model.represent(**text_of(batch), joint=joint)
    for row, length in enumerate(batch["lengths"].tolist()):
        frame = [*range(length + 2), *([length + 6] if joint else [])]  # the last [SEP] too
        torch.testing.assert_close(pooled[row], states[row, frame].mean(dim=0))
    assert int(layout.attention_mask.sum()) == 13 + 3 * 2 + 3 * 5 * joint
    first = build(classifier={"pooling": "cls"}).represent(**text_of(batch), joint=joint)
    torch.testing.assert_close(first, states[:, 0])


@pytest.mark.parametrize(
    "labels",
    [
        *({**APART, "positions": positions} for positions in ("sequential", "shared", "fixed")),
        {**APART, "attention": 0.01},
        {"attention": 0.01},
    ],
    ids=["sequential", "shared", "fixed", "little attention", "that see the text"],
)
@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_labels_apart_and_of_little_weight_are_the_same_with_and_without_padding(
    build: Build, batch: Batch, kind: str, labels: dict[str, Any]
) -> None:
    """Packed, labels run once a batch; padded, transformers itself runs them behind each text."""
    model = build(kind, labels=labels).double()
    model.label_order.copy_(torch.tensor([2, 0, 3, 1]))

    def learnt(*, packed: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        model.packed = packed
        torch.manual_seed(3)  # of CLRL's pairs
        output = model(**batch)
        parameters = dict(model.named_parameters())
        slopes = torch.autograd.grad(output.loss, list(parameters.values()), allow_unused=True)
        return output.probabilities, dict(zip(parameters, slopes, strict=True))

    (fast, fast_slopes), (plain, plain_slopes) = learnt(packed=True), learnt(packed=False)
    torch.testing.assert_close(fast, plain, atol=1e-6, rtol=0)
    for name, slope in fast_slopes.items():
        torch.testing.assert_close(slope, plain_slopes[name], atol=1e-6, rtol=0, msg=name)


@pytest.mark.parametrize("packed", [True, False])
def test_labels_apart_do_not_see_the_text_which_sees_them(
    build: Build, batch: Batch, packed: bool
) -> None:
    model = build(labels=APART)
    model.packed = packed
    seen = model.represented(**text_of(batch))
    torch.testing.assert_close(seen.labels, seen.labels[:1].expand_as(seen.labels))
    assert build().represented(**text_of(batch)).labels.std(dim=0).max() > 1e-3
    with torch.no_grad():
        model.label_table.weight[1] += torch.linspace(-1, 1, 16)
    moved = model.represented(**text_of(batch))
    assert (moved.pooled - seen.pooled).abs().amax(dim=1).min() > 1e-4
    states, layout, _ = model.encode(**text_of(batch), joint=True)
    own = states[1, layout.text_mask[1]].mean(dim=0)  # no label, no [SEP] behind the labels
    torch.testing.assert_close(moved.pooled[1], own)


def test_order_is_nothing_to_labels_apart_that_share_a_position(build: Build, batch: Batch) -> None:
    """The paper's second limitation, the order of labels, is gone with the first, their number."""
    model = build(labels={"see_text": False, "positions": "shared"})
    before = model(**text_of(batch)).probabilities
    model.label_order.copy_(torch.tensor([2, 0, 3, 1]))
    torch.testing.assert_close(model(**text_of(batch)).probabilities, before, atol=1e-6, rtol=0)


def test_more_labels_than_positions_fit_if_they_are_apart(build: Build, batch: Batch) -> None:
    apart = {"see_text": False, "positions": "shared"}
    model = build(label_count=200, window=64, labels=apart)
    assert model(**text_of(batch)).probabilities.shape == (3, 200)


@pytest.mark.parametrize("kind", KINDS)
def test_label_rows_enter_the_sequence_and_leave_in_column_order(
    build: Build, batch: Batch, kind: str
) -> None:
    """Labels written as ordinary vocabulary rows give what the label table gives."""
    model = build(kind)
    model.label_order.copy_(torch.tensor([2, 0, 3, 1]))
    vocabulary = torch.tensor([10, 11, 12, 13])
    with torch.no_grad():
        model.label_table.weight.copy_(model.encoder.get_input_embeddings().weight[vocabulary])
    states, layout, _ = model.encode(**text_of(batch), joint=True)
    ids = layout.input_ids.clone()
    ids.scatter_(1, layout.label_positions, vocabulary[model.label_order].expand(3, 4))
    extra = {name: getattr(layout, name) for name in model._accepts}
    expected = model.encoder(
        input_ids=ids, attention_mask=layout.attention_mask, **extra
    ).last_hidden_state
    real = layout.attention_mask == 1
    torch.testing.assert_close(states[real], expected[real], atol=1e-5, rtol=0)
    gathered = model._label_states(states, layout)
    for column, slot in enumerate([1, 3, 0, 2]):
        place = layout.label_positions[:, slot]
        assert torch.equal(gathered[:, column], states[torch.arange(3), place])


def test_segment_matters_only_where_there_are_token_types(build: Build, batch: Batch) -> None:
    for kind, differs in {"bert": True, "mpnet": False, "distilbert": False}.items():
        first, second = (
            build(kind, labels={"segment": segment})(**text_of(batch)).probabilities
            for segment in (0, 1)
        )
        assert torch.equal(first, second) != differs, kind


def test_encoder_whose_embeddings_are_narrower_than_its_states(build: Build, batch: Batch) -> None:
    output = build("electra").train()(**batch)
    output.loss.backward()
    assert output.probabilities.shape == (3, 4)
    assert torch.isfinite(output.loss)


@pytest.mark.parametrize("positions", ["sequential", "shared", "fixed"])
@pytest.mark.parametrize("max_length", [32, 320])
def test_a_full_window_runs_whatever_the_padding(
    build: Build, positions: str, max_length: int
) -> None:
    """25 pieces, 4 labels and 3 special tokens fill a window of 32; the batch is padded to 32."""
    model = build(window=32, labels={"positions": positions}, encoder={"max_length": max_length})
    ids, lengths = torch.full((2, 32), 9), torch.tensor([25, 3])
    padded = model(ids, lengths).probabilities
    exact = model(ids[:, :25], lengths).probabilities
    torch.testing.assert_close(padded, exact, atol=1e-5, rtol=0)


def permuted(model: ClMilModel, build: Build, order: torch.Tensor, **sections: Any) -> ClMilModel:
    """Return a copy whose label k is the original's label `order[k]`, in every part."""
    twin = build(**sections).double()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    for name in ("label_table.weight", "fil_head.linear.weight", "fil_head.linear.bias"):
        state[name] = state[name][order]
    for name in ("cil_head.linear.weight", "cil_head.linear.bias", "fil.conv.bias"):
        state[name] = state[name][order]
    weight = state["fil.conv.weight"][order]
    state["fil.conv.weight"] = weight[:, order] if weight.dim() == 3 else weight
    twin.load_state_dict(state)
    return twin


def gap(first: torch.Tensor, second: torch.Tensor) -> float:
    return (first - second).abs().max().item()


ORDER = torch.tensor([3, 0, 2, 1])


def label_permutation_gaps(build: Build, batch: Batch, **sections: Any) -> tuple[float, float]:
    """Return how far permuted FIL and CIL probabilities are from the original ones."""
    model = build(**sections).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "position_embeddings" in name or name.startswith("fil"):
                parameter.mul_(5.0)
    original = model(**text_of(batch))
    twin = permuted(model, build, ORDER, **sections)(**text_of(batch))
    return gap(twin.fil, original.fil[:, ORDER]), gap(twin.cil, original.cil[:, ORDER])


def test_label_permutation_permutes_the_outputs(build: Build, batch: Batch) -> None:
    fil, cil = label_permutation_gaps(build, batch, labels={"positions": "shared"})
    assert max(fil, cil) < 1e-12


def test_sequential_positions_depend_on_the_order_of_labels(build: Build, batch: Batch) -> None:
    fil, cil = label_permutation_gaps(build, batch, labels={"positions": "sequential"})
    assert min(fil, cil) > 1e-5


def test_two_dimensional_convolution_depends_on_the_order_of_labels(
    build: Build, batch: Batch
) -> None:
    sections = {"labels": {"positions": "shared"}, "fil": {"conv": "conv2d"}}
    fil, cil = label_permutation_gaps(build, batch, **sections)
    assert cil < 1e-12
    assert fil > 1e-5


def test_order_in_the_sequence_is_not_the_order_of_columns(build: Build, batch: Batch) -> None:
    model = build(labels={"positions": "shared"})
    before, text = model(**text_of(batch)), model.represent(**text_of(batch), joint=True)
    model.label_order.copy_(ORDER)
    after = model(**text_of(batch))
    torch.testing.assert_close(after.fil, before.fil, atol=1e-6, rtol=0)
    torch.testing.assert_close(after.cil, before.cil, atol=1e-6, rtol=0)
    moved = model.represent(**text_of(batch), joint=True)
    torch.testing.assert_close(moved, text, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("weight", "silent"), [("alpha", "cil"), ("beta", "fil"), ("clrl", "clrl")]
)
def test_a_loss_without_weight_moves_nothing(
    build: Build, batch: Batch, weight: str, silent: str
) -> None:
    model = build(loss={weight: 0.0}).train()
    model(**batch).loss.backward()
    for part in ("cil", "fil", "clrl"):
        moved = any(
            parameter.grad is not None and bool(parameter.grad.any())
            for name, parameter in model.named_parameters()
            if name.startswith((f"{part}.", f"{part}_head."))
        )
        assert moved == (part != silent), part


def test_label_countreach_cil_through_the_encoder_only(build: Build, batch: Batch) -> None:
    for joint in (True, False):
        model = build(fil=OFF, clrl=OFF, labels={"joint": joint}).train()
        model(**batch).loss.backward()
        assert model.cil.fuse.linear.weight.grad.any()
        if joint:
            assert model.label_table.weight.grad.abs().sum(dim=1).all()


OPTIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "classifier options": {"classifier": {"skip": True, "normalise": True, "dropout": 0.1}},
    "cil options": {"cil": {"normalise": True, "width": 8}},
    "fil options": {"fil": {"conv": "conv2d", "relu": False, "pooling": "mean"}},
    "plain": {"fil": OFF, "cil": OFF, "labels": {"joint": False}, "clrl": OFF},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_head_parameter_changes_in_training(
    build: Build, batch: Batch, options: dict[str, Any]
) -> None:
    model = build(**options).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    # With the skip, classifiers start at zero, so that what feeds them moves in the second step.
    for _ in range(2 if model.settings.classifier.skip else 1):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    heads = [name for name in before if not name.startswith("encoder.")]
    assert heads
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad, name
        if name in heads:
            assert not torch.equal(parameter, before[name]), name


def test_no_encoder_parameter_is_left_without_gradient(build: Build, batch: Batch) -> None:
    model = build().train()
    model(**batch).loss.backward()
    idle = [name for name, value in model.named_parameters() if value.grad is None]
    assert idle == []


@pytest.mark.parametrize(("labels", "total"), [(54, 14_812_881), (103, 14_873_739)])
def test_parameters_beside_encoder_and_label_table(build: Build, labels: int, total: int) -> None:
    dilations = (1, 2, 5, 1, 2, 5, 1, 2, 5, 1, 2, 5, 1, 1, 1)
    model = build(
        label_count=labels, hidden=384, layers=1, cil={"dilations": dilations, "heads": 8}
    )
    sizes: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        part = name.split(".")[0]
        sizes[part] = sizes.get(part, 0) + parameter.numel()
    assert sizes["fil_head"] + sizes["cil_head"] == 2 * (384 * labels + labels)
    assert sizes["label_table"] == labels * 384
    assert sum(sizes.values()) - sizes["encoder"] - sizes["label_table"] == total


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_networks_agree_to_the_bit(
    build: Build, batch: Batch, kind: str, tmp_path: Path
) -> None:
    model = build(kind, labels={"positions": "shared"}, classifier={"skip": True})
    model.label_order.copy_(ORDER)
    model.strong.copy_(torch.rand(4, 4) < 0.5)
    model.save_pretrained(tmp_path)
    loaded = ClMilModel.from_pretrained(tmp_path).eval()
    assert loaded.settings == model.settings
    assert loaded.special == model.special
    state = loaded.state_dict()
    assert state.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        assert torch.equal(state[name], value), name
    first, second = model(**text_of(batch)), loaded(**text_of(batch))
    for name in ("probabilities", "fil", "cil"):
        assert torch.equal(getattr(first, name), getattr(second, name)), name
    assert list(tmp_path.glob("*.safetensors"))
    assert not list(tmp_path.glob("*.bin"))


def test_predictions_come_back_in_the_order_of_the_texts(build: Build) -> None:
    model = build()
    texts = [[7] * 3, [], list(range(5, 25)), [9], [8, 6] * 6]
    together = predict_tokens(model, texts, batch_size=2)
    assert together.shape == (5, 4)
    for row, ids in enumerate(texts):
        alone = predict_tokens(model, [ids])[0]
        assert together[row].tolist() == pytest.approx(alone.tolist(), abs=1e-5)
    half = predict_tokens(model, texts, precision="bf16")
    assert abs(half - together).max() < 0.05
