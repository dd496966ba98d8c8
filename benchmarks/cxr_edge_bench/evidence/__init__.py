"""What the bundled models are worth, written to ``results/``, and the gate that they must pass."""
