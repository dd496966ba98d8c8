"""This computer: what it is, whether it computes the same answers, and how fast."""
