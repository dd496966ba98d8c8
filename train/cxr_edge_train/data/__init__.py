"""The films: labels, patients, the split, duplicates, and drawn phantoms."""
