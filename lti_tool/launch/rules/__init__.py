"""Pure rules of the launch: what a login, a token and its claims must look like. `now` is an argument; no web, no database."""
