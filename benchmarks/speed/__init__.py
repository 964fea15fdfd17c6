"""Speed and memory, against peers and against the machine's own limit."""
