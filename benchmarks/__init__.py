"""Measurements of Trellis against its peers, side by side on the same machine: `make bench`."""
