"""Stages, recipe, Trainer, callbacks, resume."""
