"""The endpoints."""

from typing import cast

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_notes.authentication import LiveLatchkeyAuthentication
from django_notes.models import User
from django_notes.serializers import NoteSerializer, UserSerializer

_PAGE_SIZE = 100


def user_of(request: Request) -> User:
    """The local user, whom the stubs of Django REST framework take for one of django.contrib.auth."""
    return cast(User, request.user)


class View(APIView):
    """Serves the methods for which it states a scope."""

    required_scopes: dict[str, str | None] = {}

    @property
    def allowed_methods(self) -> list[str]:
        """The `Allow` header of an answer 405."""
        return list(self.required_scopes)


class MeView(View):
    """The local user of the caller."""

    # Any token of the user's will do.
    required_scopes = {"GET": None}

    def get(self, request: Request) -> Response:
        return Response(UserSerializer(user_of(request)).data)


class NotesView(View):
    """The caller's notes."""

    required_scopes = {"GET": "notes:read", "POST": "notes:write"}

    def get(self, request: Request) -> Response:
        """The newest."""
        return Response(NoteSerializer(user_of(request).notes.all()[:_PAGE_SIZE], many=True).data)

    def post(self, request: Request) -> Response:
        note = NoteSerializer(data=request.data)
        note.is_valid(raise_exception=True)
        note.save(owner=user_of(request))
        return Response(note.data, status=201)


class NoteView(View):
    """One note of the caller's."""

    # What is deleted cannot be taken back: not by the token of a session that has ended.
    authentication_classes = [LiveLatchkeyAuthentication]
    required_scopes = {"DELETE": "notes:write"}

    def delete(self, request: Request, note_id: str) -> Response:
        """404 for another user's, too: it does not tell that there is one."""
        deleted, _ = user_of(request).notes.filter(id=note_id).delete()
        if deleted == 0:
            raise Http404
        return Response(status=204)
