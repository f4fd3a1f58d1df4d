"""
Turn-taking, measured: scripted calls with real sound on virtual time, settings side by side.

Run: python -m bench.turn_taking [--quick]. What is measured and how: docs/turn-taking-bench.md.
"""
