"""Why: exact contributions, what they say of a group, and their pictures."""
