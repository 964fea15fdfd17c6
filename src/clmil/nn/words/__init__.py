"""The word-level networks that CL-MIL is compared with, one file a system."""
