"""What an archive holds, listed once: a manifest."""
