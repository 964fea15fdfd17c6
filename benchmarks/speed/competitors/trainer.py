"""transformers' Trainer with problem_type="multi_label_classification" and dynamic padding.

As it comes (fp32), or at its best (bf16, batches of like length).
"""

import tempfile
import time

import numpy as np
import torch
from common import SETTINGS, Clock, Data, f1, report
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

data, clock = Data(), Clock()
tokenizer = AutoTokenizer.from_pretrained(SETTINGS["encoder"])
parts = {
    part: Dataset.from_dict(
        {"text": data.texts[part], "labels": data.targets[part].astype(np.float32).tolist()}
    ).map(
        lambda rows: tokenizer(rows["text"], truncation=True, max_length=SETTINGS["max_length"]),
        batched=True,
        remove_columns="text",
    )
    for part in data.texts
}
model = AutoModelForSequenceClassification.from_pretrained(
    SETTINGS["encoder"],
    num_labels=len(data.names),
    problem_type="multi_label_classification",
)
best = SETTINGS["best"]


class Timing(TrainerCallback):
    def on_step_begin(self, *args, **kwargs):
        clock.begin()

    def on_step_end(self, *args, **kwargs):
        clock.end()

    def on_evaluate(self, args, state, control, metrics, **kwargs):
        clock.validated(metrics["eval_micro_f1"])


def probabilities(logits):
    return torch.tensor(logits).sigmoid().numpy()


with tempfile.TemporaryDirectory() as folder:
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=SETTINGS["batch_size"],
            per_device_eval_batch_size=SETTINGS["batch_size"],
            num_train_epochs=SETTINGS["epochs"],
            learning_rate=SETTINGS["learning_rate"],
            bf16=best,
            train_sampling_strategy="group_by_length" if best else "random",
            eval_strategy="steps" if SETTINGS["validate_every"] else "no",
            eval_steps=SETTINGS["validate_every"] or None,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            seed=SETTINGS["seed"],
        ),
        train_dataset=parts["train"],
        eval_dataset=parts["validation"],
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=lambda p: f1(p.label_ids, probabilities(p.predictions)),
        callbacks=[Timing()],
    )
    trainer.train()
    began = time.perf_counter()
    test = probabilities(trainer.predict(parts["test"]).predictions)
    taken = time.perf_counter() - began
    validation = probabilities(trainer.predict(parts["validation"]).predictions)
report(clock, data, {"validation": validation, "test": test}, taken)
