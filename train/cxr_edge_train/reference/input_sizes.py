"""The input of the published networks, (height, width) in pixels, by series of notebooks."""

SERIES_A = (240, 240)
SERIES_B = (128, 128)
