"""Readers, validation, splitting, tokenisation and batching."""
