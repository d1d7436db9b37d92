"""The parts of generate.py: each module adds the vectors of some kinds or stages to a book."""
