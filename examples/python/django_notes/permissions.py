"""What a token must permit."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from latchkey import Principal

if TYPE_CHECKING:
    # It imports the default permissions, of which this is one.
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Asks for the scope that the view's `required_scopes` has for a method; None asks for a token only."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises InsufficientScope. False without a token."""
        principal = request.auth
        if not isinstance(principal, Principal):
            return False
        required: dict[str, str | None] = getattr(view, "required_scopes", {})
        method = request.method or ""
        if method not in required:
            raise MethodNotAllowed(method)
        scope = required[method]
        if scope is not None:
            principal.require_scope(scope)
        return True
