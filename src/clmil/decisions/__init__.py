"""Metrics and, later, thresholds and calibration: NumPy only."""
