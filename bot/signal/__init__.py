"""Pure maths on samples. It knows no socket, no task and no clock."""
