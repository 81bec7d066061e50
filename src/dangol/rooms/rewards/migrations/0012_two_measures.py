from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dg_rewards', '0011_counts_from'),
    ]

    operations = [
        migrations.AddField(
            model_name='tierrules',
            name='also',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
        migrations.AddField(
            model_name='tierrules',
            name='join',
            field=models.CharField(db_default='all', default='all', max_length=3),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='also_value',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='also_threshold',
            field=models.BigIntegerField(null=True),
        ),
    ]
