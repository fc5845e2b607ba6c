"""A study's files → the ground that its maps stand on: relief, water, buildings, greens, rails, names of streets."""
