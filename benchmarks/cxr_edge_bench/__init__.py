"""How fast the models are and beside what, what they are worth, and the report about both. For a checkout only."""
