"""What is likely: outcomes, features, models and their evaluation."""
