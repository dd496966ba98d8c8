"""What the demo remembers: feedback on the disk, films and worklists in memory for a while."""
