"""What is kept: model folders and tracked runs."""
