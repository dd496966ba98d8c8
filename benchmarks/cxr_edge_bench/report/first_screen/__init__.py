"""What a reader must know first, made from the report's JSON: the page and the Markdown say the same."""
