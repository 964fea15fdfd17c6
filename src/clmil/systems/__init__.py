"""Every system that can be trained, one file each."""
