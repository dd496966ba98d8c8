"""The command ``cxr-edge demo``."""
