"""What is shown: pages and tables. Computes nothing."""
