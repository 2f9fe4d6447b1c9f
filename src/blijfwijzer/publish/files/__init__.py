"""The same tables as workbook, CSV, Parquet and JSON."""
