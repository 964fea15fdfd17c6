"""Search against brute force, greedy, masks after reordering; sampling."""

from itertools import permutations

import pytest
import torch

from clmil.nn.sequences.beam import sample, search
from clmil.nn.sequences.decoder import allowed, masked_log_softmax
from clmil.nn.sequences.model import SequenceModel
from tests.nn.sequences.conftest import LABELS, SWITCHES, VOCABULARY, build


def encode(network, texts=5, seed=3):
    torch.manual_seed(seed)
    ids = torch.randint(1, VOCABULARY, (texts, 6))
    with torch.no_grad():
        return network.encoder(ids, torch.full((texts,), 6))


def follow(network, memory, row, labels, limit=99):
    """Return log p of one ended sequence and the step probabilities, text by text."""
    decoder = network.decoder
    state, total, steps = decoder.start(memory), 0.0, []
    tokens = [decoder.begin, *labels]
    for token, after in zip(tokens, [*labels, decoder.end], strict=True):
        given = torch.full((len(memory.states),), token)
        logits, state = decoder.step(given, state, memory)
        mask = allowed(state.emitted, limit=limit, never_empty=network.settings.never_empty)
        step = masked_log_softmax(logits, mask)[row]
        total += step[after].item()
        steps.append(step.exp()[: decoder.labels])
    return total, torch.stack(steps)


def subsets(labels, limit):
    return [one for size in range(limit + 1) for one in permutations(range(labels), size)]


@pytest.mark.parametrize("switches", list(SWITCHES))
@pytest.mark.parametrize(("limit", "never_empty"), [(3, False), (2, False), (3, True)])
@torch.no_grad()
def test_a_full_beam_equals_brute_force(switches, limit, never_empty):
    network = build(3, **SWITCHES[switches], never_empty=never_empty)
    memory = encode(network)
    found = search(network.decoder, memory, beam=20, max_labels=limit)
    for row in range(5):
        every = {one: follow(network, memory, row, one, limit) for one in subsets(3, limit)}
        best = max(every, key=lambda one: every[one][0])
        assert found.sets[row].nonzero()[:, 0].tolist() == sorted(best)
        assert found.scores[row].item() == pytest.approx(every[best][0], abs=1e-5)
        torch.testing.assert_close(found.peaks[row], every[best][1].max(dim=0).values)


@torch.no_grad()
def test_the_probabilities_of_all_sequences_sum_to_one():
    network = build(3)
    memory = encode(network)
    total = sum(torch.tensor(follow(network, memory, 0, one)[0]).exp() for one in subsets(3, 3))
    assert float(total) == pytest.approx(1.0, abs=1e-5)


@torch.no_grad()
def test_a_beam_of_one_is_greedy(network):
    memory = encode(network)
    found = search(network.decoder, memory)
    for row in range(5):
        labels: list[int] = []
        while len(labels) <= LABELS:
            decoder, state = network.decoder, network.decoder.start(memory)
            for token in [decoder.begin, *labels]:
                logits, state = decoder.step(torch.full((5,), token), state, memory)
            scores = logits[row].tolist()
            for label in labels:
                scores[label] = float("-inf")
            following = max(range(LABELS + 1), key=scores.__getitem__)
            if following == decoder.end:
                break
            labels.append(following)
        assert found.sets[row].nonzero()[:, 0].tolist() == sorted(labels)


class Rigged:
    """A decoder whose next token depends on the whole sequence, so that beams cross."""

    def __init__(self, chances: dict[tuple[int, ...], list[float]], labels: int):
        self.network = build(labels)
        self.real, self.chances, self.labels = self.network.decoder, chances, labels
        self.end, self.begin, self.settings = self.real.end, self.real.begin, self.real.settings
        self.seen: list[list[tuple[int, ...]]] = []

    def start(self, memory):
        return self.real.start(memory)

    def step(self, tokens, state, memory):
        _, state = self.real.step(tokens, state, memory)
        keys = [tuple(row.nonzero()[:, 0].tolist()) for row in state.emitted]
        self.seen.append(keys)
        return torch.tensor([self.chances[key] for key in keys]).log(), state


def test_masks_follow_their_sequence_when_beams_cross():
    """Label 0 leads, then falls behind: its mask must not stay at the first place.

    The public code would forbid label 0, which was first, to the sequence that overtook.
    """
    chances = {
        (): [0.5, 0.4, 0.05, 0.05],
        (0,): [0.0, 0.2, 0.3, 0.5],
        (1,): [0.9, 0.0, 0.05, 0.05],
        (0, 1): [0.0, 0.0, 0.05, 0.95],
    }
    filler = {key: [1e-3, 1e-3, 1e-3, 1.0] for key in [(2,), (0, 2), (1, 2), (0, 1, 2)]}
    rigged = Rigged(chances | filler, 3)
    memory = encode(rigged.network, texts=1)
    found = search(rigged, memory, beam=2)
    assert found.sets.tolist() == [[True, True, False]]
    # (1,) then 0 then the end: .4 * (.9 over .9 + .05 + .05) * .95 over .05 + .95
    assert found.scores.exp().item() == pytest.approx(0.4 * 0.9 * 0.95, abs=1e-5)
    assert rigged.seen[1] == [(0,), (1,)]
    assert rigged.seen[2][0] == (0, 1)  # the second overtook the first


@torch.no_grad()
def test_a_wider_beam_is_no_worse_and_texts_do_not_mix(network):
    memory = encode(network, texts=6)
    greedy = search(network.decoder, memory)
    wide = search(network.decoder, memory, beam=200)
    assert (wide.scores >= greedy.scores - 1e-5).all()
    assert (wide.sets.sum(dim=1) <= LABELS).all()
    alone = encode(network, texts=6)
    one = type(alone)(
        states=alone.states[2:3],
        mask=alone.mask[2:3],
        hidden=alone.hidden[:, 2:3],
        cell=alone.cell[:, 2:3],
    )
    single = search(network.decoder, one, beam=3)
    together = search(network.decoder, memory, beam=3)
    assert torch.equal(single.sets[0], together.sets[2])
    torch.testing.assert_close(single.peaks[0], together.peaks[2])


def with_end(network: SequenceModel, bias: float) -> SequenceModel:
    with torch.no_grad():
        network.decoder.output.bias[network.decoder.end] = bias
    return network


@torch.no_grad()
def test_an_empty_sequence_and_one_cut_off():
    empty = with_end(build(), 99.0)
    assert not search(empty.decoder, encode(empty), beam=3).sets.any()
    endless = with_end(build(), -99.0)
    memory = encode(endless)
    assert search(endless.decoder, memory, beam=3, max_labels=2).sets.sum(dim=1).tolist() == [2] * 5
    assert search(endless.decoder, memory, beam=3).sets.all()
    told = with_end(build(never_empty=True), 99.0)
    assert search(told.decoder, encode(told), beam=3).sets.sum(dim=1).tolist() == [1] * 5


def test_samples_never_repeat_and_know_their_end(network):
    memory = encode(network, texts=64)
    drawn = sample(network.decoder, memory, max_labels=3)
    lengths = drawn.alive.sum(dim=1)
    assert torch.equal(drawn.sets.sum(dim=1), lengths - 1)  # a label a step, then the end
    assert lengths.max() <= 4
    assert (drawn.alive.int().diff(dim=1) <= 0).all()
    assert len(set(lengths.tolist())) > 1
    assert torch.isfinite(drawn.log_probabilities).all()
    assert drawn.log_probabilities.requires_grad


@torch.no_grad()
def test_samples_follow_the_probabilities():
    network = build(2)
    memory = encode(network, texts=1)
    rows = torch.zeros(4000, dtype=torch.long)
    many = type(memory)(
        states=memory.states[rows],
        mask=memory.mask[rows],
        hidden=memory.hidden[:, rows],
        cell=memory.cell[:, rows],
    )
    drawn = sample(network.decoder, many, max_labels=2)
    for wanted in ([], [0], [1], [0, 1]):
        expected = sum(
            torch.tensor(follow(network, memory, 0, order)[0]).exp().item()
            for order in permutations(wanted)
        )
        target = torch.tensor([k in wanted for k in range(2)])
        share = (drawn.sets == target).all(dim=1).float().mean().item()
        assert share == pytest.approx(expected, abs=0.03)
