"""Import and find dossiers."""
