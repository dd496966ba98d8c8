"""What the pages look like: templates, style sheet, pictures and wording."""
