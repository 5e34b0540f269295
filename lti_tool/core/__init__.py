"""What every storey stands on: settings, database, clock, errors, markup, web glue, security headers, languages."""
