"""Views of lists that a person keeps (常用视图)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.party import User
from huoshui.models.scope import Scoped, Viewer


class SavedView(Scoped):
    """The filters and the order of a list under a name (常用视图): `query` is what stands behind the "?" of its address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    listing = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "listing", "name"], name="saved_view_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own."""
        return Q(user_id=viewer.user_id)
