"""Energy: meters of municipal buildings; registers arrive as readings, domain figures follow."""
