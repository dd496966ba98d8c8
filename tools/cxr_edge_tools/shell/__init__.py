"""What a shell knows of ``cxr-edge``: completions and the manual page, made from its parser into ``runtime/share``."""
