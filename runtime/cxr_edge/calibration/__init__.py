"""Thresholds, a clinic's own operating points, predictive values, and figures with their intervals."""
