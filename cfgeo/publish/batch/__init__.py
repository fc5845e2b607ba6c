"""What a batch hands on, and its files: one page with a map, one workbook, tables by district."""
