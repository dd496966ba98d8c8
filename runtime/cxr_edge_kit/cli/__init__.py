"""The command ``cxr-edge kit``."""
