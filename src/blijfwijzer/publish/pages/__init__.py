"""What stands where on a page, and how it is written."""
