"""Two runs, or two sides of a what-if, in words: values, reasons, and the whole comparison."""
