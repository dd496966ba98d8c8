"""Data, splits, networks, training and evaluation. Needs the extra ``train``."""
