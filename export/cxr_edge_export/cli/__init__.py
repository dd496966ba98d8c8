"""The command ``export``; its module imports nothing heavy before it runs."""
