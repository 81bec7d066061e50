"""From when on a program judges every order: one that was added later judges nothing before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dg_rewards', '0010_opens_on'),
    ]

    operations = [
        migrations.AddField(
            model_name='program',
            name='counts_from',
            field=models.DateTimeField(null=True),
        ),
    ]
