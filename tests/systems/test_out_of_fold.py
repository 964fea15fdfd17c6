import numpy as np

from clmil.systems.out_of_fold import out_of_fold


class Remember:
    """Answers the mean of the first inputs' targets; knows whom it saw."""

    def __init__(self, log):
        self.log = log

    def fit(self, inputs, targets):
        self.seen, self.mean = {str(one) for one in inputs}, targets.mean(axis=0)
        return self

    def predict_proba(self, inputs):
        asked = {str(one) for one in inputs}
        assert not asked & self.seen
        self.log.append(len(self.seen) + len(asked))
        return np.tile(self.mean, (len(inputs), 1))


def test_every_document_is_scored_by_a_model_of_all_others_folds():
    targets = np.arange(14, dtype=np.int8).reshape(7, 2) % 2
    fold, log, done = np.array([0, 1, 2, 0, 1, 2, 0]), [], []
    for inputs in ([f"text {k}" for k in range(7)], np.arange(7.0)[:, None]):
        raw = out_of_fold(lambda: Remember(log), inputs, targets, fold, advance=done.append)
        for part in range(3):
            expected = targets[fold != part].mean(axis=0)
            np.testing.assert_allclose(
                raw[fold == part], np.tile(expected, ((fold == part).sum(), 1))
            )
    assert log == [7] * 6
    assert sum(done) == 14
    assert raw.dtype == np.float32
