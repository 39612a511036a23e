"""The bundled models, `workers.models.directory.BUNDLED`: small BERTs, their languages, and how they were trained."""
