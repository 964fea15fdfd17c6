"""What was found: as values, as tables and progress in the terminal, as pages with figures."""
