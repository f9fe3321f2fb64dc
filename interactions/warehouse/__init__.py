"""The tables of interactions: one Delta table per environment. Only this package opens, rewrites and compacts them."""
