"""What computes: models, the influence engine, sentences, and results."""
