"""What offices leave, and what the gate sees in it."""
