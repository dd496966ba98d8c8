"""Archives of millions of films: list them, score them on one computer or on many, check and look at the results."""
