"""Whom the vouchers help, whom they miss, and whether background could be read from answers."""
