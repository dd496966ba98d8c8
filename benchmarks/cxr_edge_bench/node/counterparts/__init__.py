"""Programs that the node speaks with in a clinic, each started here on a port of its own: archives and senders."""
