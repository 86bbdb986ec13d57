"""Users of Latchkey as this back-end knows them, and their notes."""

import uuid

from django.db import models


class UserManager(models.Manager["User"]):
    """Finds users by what Latchkey calls them."""

    def of(self, latchkey_id: str) -> "User":
        """
        The user of this id, created on first sight.

        Of requests at once one inserts the row; for the others `unique` refuses it, and `get_or_create` reads
        it. Never by email address or username: these change hands.
        """
        user, _ = self.get_or_create(latchkey_id=latchkey_id)
        return user


class User(models.Model):
    """A local user: what is stored here belongs to this row. Passwords and sign-ins are Latchkey's."""

    # What permissions and throttles of Django REST framework ask `request.user`.
    is_authenticated = True

    latchkey_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()


def new_id() -> str:
    """An id of a note, which tells nothing of other notes."""
    return str(uuid.uuid4())


class Note(models.Model):
    """A text of a user's."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
