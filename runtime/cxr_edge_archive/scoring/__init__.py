"""From a manifest to results: cut into numbered chunks, scored by Ray Data, each written once and whole."""
