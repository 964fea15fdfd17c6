"""From probabilities to labels and scores: metrics, thresholds, calibration; no torch."""
