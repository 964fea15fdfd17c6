"""What is in a corpus and what is wrong with it: measured, never mended here."""
