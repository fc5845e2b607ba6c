"""What clauses ask for and the data does not hold, as findings: layers, kinds, columns, reported figures."""
