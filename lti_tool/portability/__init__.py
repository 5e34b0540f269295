"""What is stored on a person: shown, exported, erased."""
