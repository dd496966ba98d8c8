"""Addresses that the pages' own elements ask, beside Gradio's: worklists, statements, votes, and the end."""
