"""What lies on disk: model folders, encoders, atomic writes."""
