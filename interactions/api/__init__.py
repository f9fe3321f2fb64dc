"""/v1: the API that sites and pipelines send interactions to. Every answer is JSON; errors have one shape."""
