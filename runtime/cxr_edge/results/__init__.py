"""What becomes of answers: files for people and programs, worklists, and the ledger of what is done."""
