"""Sources that avoid given labels, found fast among hundreds of thousands of label sets.

Candidates are drawn and tested, not listed. So that few are drawn in vain, sources are kept
in buckets, one for each combination of the labels that most of them have: whole buckets are
left out before the first draw. What is kept is uniform over the admissible documents, as
candidates are uniform over documents and the test asks nothing else. A row that finds too few
sources within its tries begins anew with a full list: whether it does so depends on how many
documents are admissible, not on which, so its draws are uniform too.
"""

from dataclasses import dataclass

import numpy as np

from clmil.labels.drawing import distinct_ranks, drop_repeats
from clmil.labels.sets import DistinctSets

SCREEN = 12
"""Most frequent labels that divide the sources into 2**SCREEN buckets."""

ROUNDS = 64
"""Rounds of k tries a row, after which its admissible sources are listed."""


@dataclass(frozen=True, eq=False)
class ScreenedSources:
    """The s annotated label sets of n documents, sorted by their bucket.

    Attributes:
        screen: (b,) the labels that divide the sources into buckets.
        words: (w, s) uint64, the sets' bits, of which `pack` makes w words a set.
        counts: (s,) int64, documents of each set.
        documents: (n,) int64, by set.
        set_of: (n,) int64, the set of each of `documents`.
        set_ends: (2**b + 1,) int64; bucket c holds the sets from `set_ends[c]` to the next.
        document_ends: (2**b + 1,) int64, the same for `documents`.
    """

    screen: np.ndarray
    words: np.ndarray
    counts: np.ndarray
    documents: np.ndarray
    set_of: np.ndarray
    set_ends: np.ndarray
    document_ends: np.ndarray

    @classmethod
    def of(cls, distinct: DistinctSets) -> "ScreenedSources":
        """Sort the sources; documents with an unknown label are none."""
        kept = np.flatnonzero(distinct.annotated)
        frequency = distinct.counts[kept].astype(np.float32) @ distinct.sets[kept]
        screen = np.argsort(-frequency, kind="stable")[:SCREEN]
        codes = _codes(distinct.sets[kept][:, screen])
        order = kept[np.argsort(codes, kind="stable")]
        counts = distinct.counts[order]
        firsts = np.concatenate([[0], np.cumsum(counts)])
        starts = np.repeat(distinct.offsets[order] - firsts[:-1], counts)
        set_ends = np.searchsorted(np.sort(codes), np.arange(2 ** len(screen) + 1))
        return cls(
            screen=screen,
            words=pack(distinct.sets[order]),
            counts=counts,
            documents=distinct.documents[starts + np.arange(len(starts))],
            set_of=np.repeat(np.arange(len(order)), counts),
            set_ends=set_ends,
            document_ends=firsts[set_ends],
        )

    def draw(self, blocked: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
        """Return (m, k) int64 documents without the (m, l) bool blocked labels of their row.

        Uniform over such documents, distinct where there are at least k, else with repeats;
        a row is -1 where there is none.
        """
        drawn = np.full((len(blocked), k), -1, dtype=np.int64)
        codes, group = np.unique(_codes(blocked[:, self.screen]), return_inverse=True)
        members = np.split(
            np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=len(codes)))
        )
        words = pack(blocked)
        for code, rows in zip(codes.tolist(), members[:-1], strict=True):
            drawn[rows] = self._draw_from_buckets(code, words[:, rows], k, rng)
        return drawn

    def _draw_from_buckets(
        self, code: int, blocked: np.ndarray, k: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw for rows, given as (w, m) words, whose blocked labels leave the same buckets."""
        open_buckets = np.flatnonzero((np.arange(len(self.set_ends) - 1) & code) == 0)
        pool = _members(self.document_ends, open_buckets)
        sets = _members(self.set_ends, open_buckets)
        drawn = np.full((blocked.shape[1], k), -1, dtype=np.int64)
        rounds = min(ROUNDS, 2 + len(sets) // k)  # from there on, a list is cheaper
        ranks = self._try(pool, blocked, k, rounds, rng) if len(pool) >= k else None
        done = np.zeros(len(drawn), dtype=bool) if ranks is None else ranks[:, -1] < len(pool)
        if ranks is not None:
            drawn[done] = self.documents[pool[rng.permuted(ranks[done], axis=1)]]
        for row in np.flatnonzero(~done):
            drawn[row] = self._draw_from_list(sets, blocked[:, [row]], k, rng)
        return drawn

    def _try(
        self, pool: np.ndarray, blocked: np.ndarray, k: int, rounds: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Return (m, k) sorted distinct ranks in the pool, `len(pool)` where one is wanting."""
        found = np.full((blocked.shape[1], k), len(pool), dtype=np.int64)
        wanting = np.arange(len(found))
        for _ in range(rounds):
            ranks = rng.integers(len(pool), size=(len(wanting), k))
            clear = ~self._hit(self.set_of[pool[ranks]], blocked[:, wanting, None])
            part = found[wanting]
            place = (part < len(pool)).sum(axis=1, keepdims=True) + clear.cumsum(axis=1) - 1
            clear &= place < k
            part[np.nonzero(clear)[0], place[clear]] = ranks[clear]
            found[wanting] = part = drop_repeats(part, len(pool))
            wanting = wanting[part[:, -1] == len(pool)]
            if not len(wanting):
                break
        return found

    def _draw_from_list(
        self, sets: np.ndarray, blocked: np.ndarray, k: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Return (k,) documents of the admissible ones of some sets, -1 if there is none."""
        chosen = sets[~self._hit(sets, blocked)]
        ends = np.cumsum(self.counts[chosen])
        if not len(ends):
            return np.full(k, -1, dtype=np.int64)
        ranks = distinct_ranks(1, k, int(ends[-1]), rng)[0]
        place = np.searchsorted(ends, ranks, side="right")
        last = np.searchsorted(self.set_of, chosen[place], side="right")
        documents: np.ndarray = self.documents[last - (ends[place] - ranks)]
        return documents

    def _hit(self, sets: np.ndarray, blocked: np.ndarray) -> np.ndarray:
        """Tell which sets have a blocked label; `blocked` has w words first."""
        hit = np.zeros(sets.shape, dtype=bool)
        for mine, theirs in zip(self.words, blocked, strict=True):
            hit |= (mine[sets] & theirs) != 0
        return hit


def pack(rows: np.ndarray) -> np.ndarray:
    """Return (w, m) uint64 words, the bits of (m, l) bool rows."""
    width = -(-rows.shape[1] // 64) * 64
    padded = np.zeros((len(rows), width), dtype=bool)
    padded[:, : rows.shape[1]] = rows
    packed = np.packbits(padded, axis=1).view(np.uint64)
    return np.ascontiguousarray(packed.T)


def _codes(rows: np.ndarray) -> np.ndarray:
    """Return (m,) int64, the number whose bits are an (m, b) bool row."""
    codes: np.ndarray = rows.astype(np.int64) @ (1 << np.arange(rows.shape[1], dtype=np.int64))
    return codes


def _members(ends: np.ndarray, buckets: np.ndarray) -> np.ndarray:
    """Return what lies in some buckets, as places from `ends[c]` to the next."""
    sizes = ends[buckets + 1] - ends[buckets]
    shift = ends[buckets] - (np.cumsum(sizes) - sizes)
    places: np.ndarray = np.repeat(shift, sizes) + np.arange(sizes.sum())
    return places
