"""clmil itself, through the same door as everybody: a corpus folder and a recipe."""

import tempfile
import time
from pathlib import Path

from common import SETTINGS, Clock, Data, report

from clmil.data.corpus import read_corpus
from clmil.runtime.predictor import Predictor
from clmil.systems.recipe import load_recipe
from clmil.training.callbacks import TellProgress
from clmil.training.run import train

data, clock = Data(), Clock()


class Timing:
    """Listens to a run."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None

    def scores(self, stage, epoch, scores, best):
        if "micro_f1" in scores and SETTINGS["validate_every"]:
            clock.validated(100 * scores["micro_f1"])


told = TellProgress.on_step_end


def step_end(self, *args, **kwargs):
    if self.name == "multi-task":
        clock.end()
    told(self, *args, **kwargs)


TellProgress.on_step_begin = lambda self, *args, **kwargs: (
    clock.begin() if self.name == "multi-task" else None
)
TellProgress.on_step_end = step_end
steps = -(-len(data.texts["train"]) // SETTINGS["batch_size"])
evaluations = max(steps // SETTINGS["validate_every"], 1) if SETTINGS["validate_every"] else 1
recipe = load_recipe(
    "default",
    system=SETTINGS["system"],
    overrides=[
        f"encoder.name={SETTINGS['encoder']}",
        f"encoder.max_length={SETTINGS['max_length'] + SETTINGS['joint'] * (len(data.names) + 1)}",
        f"training.epochs={SETTINGS['epochs']}",
        f"training.batch_size={SETTINGS['batch_size']}",
        f"training.learning_rate={SETTINGS['learning_rate']}",
        f"training.evaluations={evaluations}",
        f"training.precision={SETTINGS['precision']}",
        "training.patience=99",
        "training.report_to=[]",
        f"seed={SETTINGS['seed']}",
    ],
)
with tempfile.TemporaryDirectory() as folder:
    output = Path(folder) / "model"
    train(read_corpus(SETTINGS["data"]), recipe, output, progress=Timing())
    predictor = Predictor.load(output, precision="auto")
    columns = [predictor.space.names.index(name) for name in data.names]
    began = time.perf_counter()
    test = predictor.predict_proba(data.texts["test"])[:, columns]
    taken = time.perf_counter() - began
    validation = predictor.predict_proba(data.texts["validation"])[:, columns]
    report(clock, data, {"validation": validation, "test": test}, taken)
