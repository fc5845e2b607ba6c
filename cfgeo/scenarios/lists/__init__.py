"""Lists that people write, of changes and of projects: a table or TOML → values of ``core``, or every fault at once."""
