"""What tests run things with: a browser, an office, a database, a server of recorded answers, a slow oracle."""
