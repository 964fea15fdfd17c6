"""The torch modules, one file a part of the paper."""
