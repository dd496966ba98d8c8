"""What became of every film, in one SQLite file: received, answered, sent."""
