"""Who is asking: tenants, registrations, contexts, members, browser sessions and their grants."""
