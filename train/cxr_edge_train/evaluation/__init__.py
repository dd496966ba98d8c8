"""What a classifier is worth: metrics, statistics, the audit for shortcuts, plots."""
