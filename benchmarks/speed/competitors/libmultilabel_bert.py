"""LibMultiLabel's BERT, as its documentation sets it up from Python."""

import tempfile
import time

import numpy as np
import torch
from common import SETTINGS, Clock, Data, report
from libmultilabel.nn.data_utils import get_dataset_loader
from libmultilabel.nn.nn_utils import init_model, init_trainer, set_seed
from lightning.pytorch.callbacks import Callback
from transformers import AutoTokenizer

data, clock = Data(), Clock()
set_seed(SETTINGS["seed"])
device = torch.device("cpu")
tokenizer = AutoTokenizer.from_pretrained(SETTINGS["encoder"])
rows = {
    part: [
        {"text": text, "label": labels}
        for text, labels in zip(data.texts[part], data.labels[part], strict=True)
    ]
    for part in data.texts
}


def loader(part, shuffle=False):
    return get_dataset_loader(
        data=rows[part],
        classes=data.names,
        device=device,
        max_seq_length=SETTINGS["max_length"],
        batch_size=SETTINGS["batch_size"],
        shuffle=shuffle,
        data_workers=0,
        tokenizer=tokenizer,
        word_dict=None,
        add_special_tokens=True,
    )


class Timing(Callback):
    def on_train_batch_start(self, *args, **kwargs):
        clock.begin()

    def on_train_batch_end(self, *args, **kwargs):
        clock.end()

    def on_validation_end(self, trainer, module):
        if clock.steps and SETTINGS["validate_every"]:
            clock.validated(100 * float(trainer.callback_metrics["Micro-F1"]))


with tempfile.TemporaryDirectory() as folder:
    model = init_model(
        model_name="BERT",
        network_config={"lm_weight": SETTINGS["encoder"]},
        classes=data.names,
        log_path=folder + "/log.json",
        learning_rate=SETTINGS["learning_rate"],
        optimizer="adamw",
        weight_decay=0.001,
        val_metric="Micro-F1",
        monitor_metrics=["Micro-F1", "Macro-F1"],
        silent=True,
    )
    trainer = init_trainer(
        checkpoint_dir=folder,
        epochs=SETTINGS["epochs"],
        early_stopping_metric="Micro-F1",
        val_metric="Micro-F1",
        silent=True,
        use_cpu=True,
    )
    trainer.callbacks.insert(0, Timing())
    if SETTINGS["dropout"]:  # recent Lightning leaves the encoder in eval mode, as it was loaded
        model.train()
    trainer.fit(model, loader("train", shuffle=True), loader("validation"))


def predict(part):
    model.eval()
    with torch.no_grad():
        return np.concatenate(
            [model.network(batch)["logits"].sigmoid().numpy() for batch in loader(part)]
        )


began = time.perf_counter()
test = predict("test")
taken = time.perf_counter() - began
report(clock, data, {"validation": predict("validation"), "test": test}, taken)
