from django.db import migrations

from dangol.core.storage.live_indexes import RemoveIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_ledger", "0005_lot_due_told")]

    operations = [RemoveIndexLive(model_name="lot", name="dg_lot_due")]
