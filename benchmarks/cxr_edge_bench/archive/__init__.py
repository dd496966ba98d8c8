"""Evidence for ``cxr-edge archive``: complete, the same answers, and bounded, whatever dies meanwhile."""
