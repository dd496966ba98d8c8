"""Taking films from senders: who may call, what is accepted, and to the disk before a word of success."""
