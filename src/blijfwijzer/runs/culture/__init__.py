"""What a climate finds."""
