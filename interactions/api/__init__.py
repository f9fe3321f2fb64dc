"""/v1: the API that sites and pipelines send interactions to. All responses are JSON; all errors have the same form."""
