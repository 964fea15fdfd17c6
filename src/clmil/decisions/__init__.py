"""Metrics, thresholds and calibration: NumPy only."""
