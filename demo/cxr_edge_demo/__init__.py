"""The demo: cxr-edge in a browser, on this computer, for research."""
