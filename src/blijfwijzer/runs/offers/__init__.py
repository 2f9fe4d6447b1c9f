"""Whom rules and vouchers help and miss."""
