"""Evidence for the DICOM node: whether it holds against real archives, real senders, kills, outages and nonsense.

``python -m cxr_edge_bench.node --help`` says what there is. ``objects`` makes films; ``counterparts`` starts programs.
"""
