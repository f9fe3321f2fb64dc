"""How Dojo's users log in: what django-allauth is told of them. Passwords, second factors, providers, sessions."""
