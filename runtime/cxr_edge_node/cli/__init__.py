"""The command ``cxr-edge node``."""
