"""Commands of Django, such as `python manage.py migrate`."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_notes.settings")
execute_from_command_line(sys.argv)
