from django.db import migrations

from dangol.core.storage.heaps import Heap


class Migration(migrations.Migration):
    dependencies = [("dg_events", "0002_event_ids")]

    operations = [
        migrations.AddConstraint(model_name="event", constraint=Heap(name="dg_event_heap")),
    ]
