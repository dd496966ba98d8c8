"""From whatever holds a film to the grey pixels that a network looks at."""
