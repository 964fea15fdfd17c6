"""Benchmark corpora in the very files in which others publish them, one file a form."""
