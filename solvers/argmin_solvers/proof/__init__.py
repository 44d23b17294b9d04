"""How well an answer is proven: certificates in exact arithmetic, and second looks."""
