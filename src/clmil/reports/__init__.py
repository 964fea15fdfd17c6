"""Tables and model cards."""
