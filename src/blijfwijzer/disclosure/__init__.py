"""What may be shown: rules for each group, and what could be derived from all of them together."""
