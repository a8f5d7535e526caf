"""The simulated care provider and honest servers that speak its platforms' protocols."""
