"""The application: `uvicorn django_notes.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_notes.settings")
application = get_asgi_application()

# Now, so that a setting that is missing prevents the start.
from django_notes.authentication import verifier  # noqa: E402  (models can be imported only after the line above)

verifier()
