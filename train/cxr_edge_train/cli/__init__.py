"""The commands ``train`` and ``evaluate``; their modules import nothing heavy before they run."""
