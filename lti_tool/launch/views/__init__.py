"""HTTP of the launch: login, cookie probe, launch, choices, our key set."""
