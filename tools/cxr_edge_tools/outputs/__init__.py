"""Outputs that machines read, made by the real commands, and their JSON Schemas in ``schemas/``.

``python -m cxr_edge_tools.outputs tests/schemas/outputs/VERSION`` writes those of this version again, to be the last
release's for whoever changes them next. Files are named ``SCHEMA--CASE``, such as ``predict-csv--damaged.csv``.
"""
