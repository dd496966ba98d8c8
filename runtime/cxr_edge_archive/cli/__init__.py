"""The command ``cxr-edge archive``."""
