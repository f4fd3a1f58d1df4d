"""The words every other room speaks: audio, events, ports, errors, marks."""
