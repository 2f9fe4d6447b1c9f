"""What every story that shows something goes through."""
