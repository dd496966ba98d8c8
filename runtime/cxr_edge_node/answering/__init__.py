"""Making an answer: which films are scored, the score, and the report and picture that say it."""
