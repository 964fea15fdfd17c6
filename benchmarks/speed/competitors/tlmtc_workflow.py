"""tlmtc's workflow: LoRA as it comes, or its full fine-tune; no search, thresholds at 0.5."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import SETTINGS, Clock, Data, report
from tlmtc.api.train import train_tlmtc
from tlmtc.data_contracts import InputMode
from tlmtc.data_preparation import create_prediction_dataset, tokenize_prediction_dataset
from tlmtc.prediction import load_prediction_model, predict_probabilities
from transformers import TrainerCallback, trainer

data, clock = Data(), Clock()


class Timing(TrainerCallback):
    def on_step_begin(self, *args, **kwargs):
        clock.begin()

    def on_step_end(self, *args, **kwargs):
        clock.end()

    def on_evaluate(self, args, state, control, metrics, **kwargs):
        if SETTINGS["validate_every"]:
            clock.validated(100 * metrics["eval_f1_micro"])


def frame(part):
    shown = data.targets[part].copy()
    shown[0, ~shown.any(axis=0)] = 1  # tlmtc wants each label in each part; scores are our own
    columns = {f"label_{at:03}": shown[:, at] for at in range(len(data.names))}
    return pd.DataFrame({"text": data.texts[part], **columns})


def predict(model, folder, part):
    return predict_probabilities(
        model=model,
        dataset=tokenize_prediction_dataset(
            dataset=create_prediction_dataset(frame(part), InputMode.SINGLE_TEXT),
            tokenizer_dir=folder,
            input_mode=InputMode.SINGLE_TEXT,
            sequence_length=SETTINGS["max_length"],
            trust_remote_code=False,
        ),
        batch_size=SETTINGS["batch_size"],
        use_cpu=True,
        inference_backend="torch",
    )


trainer.DEFAULT_CALLBACKS.append(Timing)
with tempfile.TemporaryDirectory() as scratch:
    work = Path(scratch).resolve()
    splits = work / "train_outputs" / "bench" / "data"
    splits.mkdir(parents=True)
    for part, name in (("train", "train"), ("validation", "val"), ("test", "test")):
        frame(part).to_parquet(splits / f"{name}.parquet")
    done = train_tlmtc(
        frame("train"),
        work_dir=work,
        run_id="bench",
        checkpoint=SETTINGS["encoder"],
        sequence_length=SETTINGS["max_length"],
        batch_size=SETTINGS["batch_size"],
        train_epochs=SETTINGS["epochs"],
        learning_rate=SETTINGS["learning_rate"],
        hyperparameter_tuning=False,
        threshold_optimization=False,
        wrap_peft=SETTINGS["lora"],
        best_model_metric="f1_micro",
        random_seed=SETTINGS["seed"],
        use_cpu=True,
        verbosity="quiet",
    )
    assert done.paths.train_data_path == splits / "train.parquet"
    folder = done.paths.model_dir
    model = load_prediction_model(
        folder,
        inference_backend="torch",
        checkpoint=SETTINGS["encoder"],
        num_labels=len(data.names),
        wrap_peft=SETTINGS["lora"],
        trust_remote_code=False,
    )
    began = time.perf_counter()
    test = predict(model, folder, "test")
    taken = time.perf_counter() - began
    validation = np.asarray(predict(model, folder, "validation"))
report(clock, data, {"validation": validation, "test": test}, taken)
