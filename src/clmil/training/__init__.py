"""Stages, Trainer, callbacks, resume."""
