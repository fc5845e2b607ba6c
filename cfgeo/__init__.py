"""cfgeo: how child-friendly communities are, on foot, at a child's height and pace."""
