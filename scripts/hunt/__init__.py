"""Programs that look for faults at length: changed bytes, killed runs, outputs that differ."""
