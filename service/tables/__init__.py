"""Tables beyond the screen: as JSON, CSV, Parquet and Arrow, to any stream."""
