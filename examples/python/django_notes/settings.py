"""Settings of Django. Those of Latchkey are read by `django_notes.authentication`."""

import os
import secrets

# Django requires one. Nothing is signed with it here, so each process may have its own.
SECRET_KEY = secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = ["rest_framework", "django_notes"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "django_notes.urls"
ASGI_APPLICATION = "django_notes.asgi.application"
APPEND_SLASH = False
USE_TZ = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("NOTES_DATABASE", "django-notes.sqlite3"),
        "OPTIONS": {
            # A transaction that begins by reading cannot wait for the lock of a writer.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["django_notes.authentication.LatchkeyAuthentication"],
    # A view that states no scope permits nothing.
    "DEFAULT_PERMISSION_CLASSES": ["django_notes.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "django_notes.exceptions.exception_handler",
    # There is no django.contrib.auth, whose AnonymousUser is the default.
    "UNAUTHENTICATED_USER": None,
}
