"""Settings of Django. Those of Latchkey are read by `django_notes.authentication`."""

import os
import secrets

# Django requires one. Nothing is signed with it here, so each process may have its own.
SECRET_KEY = secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = ["rest_framework", "django_notes"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # It refuses requests to hosts that are not listed.
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "django_notes.urls"
APPEND_SLASH = False
TIME_ZONE = "UTC"

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

# Without it unexpected errors go to ADMINS by mail only.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["django_notes.authentication.LatchkeyAuthentication"],
    # A view that states no scope permits nothing.
    "DEFAULT_PERMISSION_CLASSES": ["django_notes.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["django_notes.parsers.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "django_notes.exceptions.exception_handler",
    # There is no django.contrib.auth, whose AnonymousUser is the default.
    "UNAUTHENTICATED_USER": None,
}
