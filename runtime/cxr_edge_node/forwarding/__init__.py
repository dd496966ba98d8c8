"""Sending answers to archives until they have arrived."""
