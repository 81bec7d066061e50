from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dg_operations', '0002_access_log_proof'),
    ]

    operations = [
        migrations.AlterField(
            model_name='proof',
            name='name',
            field=models.CharField(choices=[('backup', 'Backup'), ('key_backup', 'Key Backup'), ('restore_test', 'Restore Test'), ('ledger', 'Ledger'), ('access_log', 'Access Log'), ('segments', 'Segments')], max_length=16, primary_key=True, serialize=False),
        ),
    ]
