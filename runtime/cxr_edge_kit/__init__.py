"""Kits: a folder with everything that cxr-edge needs on a computer without a network, checked byte for byte."""
