"""One file per change of the schema, named by date, revision and subject."""
