"""Pure functions on Hindi text: how it ends, what it answers, which digits it holds."""
