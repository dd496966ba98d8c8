"""Who may reach the demo, what they may send, and what is left behind: nothing."""
