"""What the labels are and how they relate: NumPy and SciPy only."""
