"""What staff keep of the pages themselves."""

from django.db import models

from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField


class SavedView(models.Model):
    """A filter of the list of members under a name: of whoever saved it, and of all staff where it is shared.

    It holds no text that was searched for, so it names nobody.
    """

    id = IdField(primary_key=True)
    staff = models.ForeignKey("dg_people.Staff", models.PROTECT, db_constraint=False, related_name="views")
    # One of a bounded number of places that each member of staff has: so there are never more.
    place = models.SmallIntegerField()
    name = models.CharField(max_length=40)
    # The name as names are compared: of all staff where it is shared, of its owner where it is not.
    name_key = models.CharField(max_length=80)
    is_shared = models.BooleanField()
    # The filter as an address has it, its parts in one order.
    filter = models.CharField(max_length=400)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "dg_web_view"
        constraints = (
            SqlForeignKey(fields=["staff"], to="dg_people.Staff", to_fields=["id"], name="dg_web_view_staff"),
            models.UniqueConstraint(fields=["staff", "place"], name="dg_web_view_place"),
            models.UniqueConstraint(
                fields=["staff", "name_key"], condition=models.Q(is_shared=False), name="dg_web_view_own"
            ),
            models.UniqueConstraint(
                fields=["name_key"], condition=models.Q(is_shared=True), name="dg_web_view_shared"
            ),
        )
