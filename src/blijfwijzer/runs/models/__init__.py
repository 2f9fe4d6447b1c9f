"""What models make of people, and how two of them differ."""
