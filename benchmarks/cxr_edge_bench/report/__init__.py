"""Everything that is measured about this version, in one page: ``python -m cxr_edge_bench.report OUT``."""
