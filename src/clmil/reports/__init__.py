"""Evaluation tables and JSON, progress in the terminal."""
