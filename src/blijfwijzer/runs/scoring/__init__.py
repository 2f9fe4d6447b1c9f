"""What a score tells of groups."""
