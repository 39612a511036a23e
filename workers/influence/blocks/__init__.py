"""A layer to the engine: what passes it forward, its Jacobian-vector and vector-Jacobian products."""
