"""Second implementation of the clk1 session-token format, written from SPEC.md alone.

It uses the Python standard library only and prefers plainness to speed. It is not hardened
against timing and must not protect anything real.
"""
