"""What a training tells of its models."""
