"""What results hold: whether they are complete, and how they are distributed."""
