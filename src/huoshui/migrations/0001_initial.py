"""The tables as they are in the first release (初始数据表); written by Django."""

import django.db.models.deletion
import django.utils.timezone
import huoshui.models.fields
import huoshui.terms.exchange
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('kind', huoshui.models.fields.TermField(max_length=40)),
                ('level', huoshui.models.fields.TermField(max_length=40)),
                ('path', models.CharField(db_index=True, default='', max_length=200)),
                ('region_code', models.CharField(blank=True, db_index=True, max_length=12)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('closed_on', models.DateField(blank=True, null=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='huoshui.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('at', models.DateTimeField(db_index=True)),
                ('role', models.CharField(blank=True, max_length=40)),
                ('act', models.CharField(max_length=60)),
                ('subject_kind', models.CharField(max_length=40)),
                ('subject_id', models.BigIntegerField()),
                ('region_code', models.CharField(blank=True, db_index=True, max_length=12)),
                ('basis', models.JSONField(default=dict)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Routine',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('login_name', models.CharField(max_length=60, unique=True)),
                ('name', huoshui.models.fields.SealedField(blank=True)),
                ('phone', huoshui.models.fields.SealedField(blank=True)),
                ('phone_hash', models.CharField(blank=True, db_index=True, max_length=64)),
                ('id_number', huoshui.models.fields.SealedField(blank=True)),
                ('id_number_hash', models.CharField(blank=True, db_index=True, max_length=64)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('large_type', models.BooleanField(default=False)),
                ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('phone_hash', ''), _negated=True), fields=('phone_hash',), name='user_phone_once')],
            },
        ),
        migrations.CreateModel(
            name='ChainHead',
            fields=[
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='huoshui.organization')),
                ('sequence', models.BigIntegerField(default=0)),
                ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', huoshui.models.fields.TermField(max_length=40)),
                ('version', models.CharField(max_length=20)),
                ('given_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='huoshui.event')),
            ],
        ),
        migrations.AddField(
            model_name='event',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='event',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.organization'),
        ),
        migrations.CreateModel(
            name='Firm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uscc', models.CharField(max_length=18, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('initials', models.CharField(blank=True, db_index=True, max_length=60)),
                ('kind', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('status', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('established_on', models.DateField(blank=True, null=True)),
                ('industry_code', models.CharField(blank=True, max_length=5)),
                ('size_class', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('region_code', models.CharField(db_index=True, max_length=12)),
                ('grid', models.CharField(blank=True, max_length=40)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('representative_name', huoshui.models.fields.SealedField(blank=True)),
                ('representative_id_hash', models.CharField(blank=True, max_length=64)),
                ('active', models.BooleanField(default=True)),
                ('verdict', models.CharField(blank=True, max_length=20)),
                ('screened_on', models.DateField(blank=True, null=True)),
                ('register_changed_on', models.DateField(blank=True, null=True)),
                ('synthetic', models.BooleanField(default=False)),
                ('last_visit_at', models.DateTimeField(blank=True, null=True)),
                ('last_visit_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.organization')),
            ],
        ),
        migrations.AddField(
            model_name='event',
            name='firm',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='huoshui.firm'),
        ),
        migrations.CreateModel(
            name='FirmMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', huoshui.models.fields.TermField(max_length=40)),
                ('from_on', models.DateField()),
                ('until_on', models.DateField(blank=True, null=True)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='huoshui.firm')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='firm_members', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BusinessAuthentication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', huoshui.models.fields.TermField(default='reading', max_length=40)),
                ('photo', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('read_problem', models.CharField(blank=True, max_length=40)),
                ('read_text', huoshui.models.fields.SealedField(blank=True)),
                ('confirmed_text', huoshui.models.fields.SealedField(blank=True)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('uscc', models.CharField(blank=True, max_length=18)),
                ('region_code', models.CharField(blank=True, max_length=12)),
                ('capacity', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('person_name', huoshui.models.fields.SealedField(blank=True)),
                ('person_id', huoshui.models.fields.SealedField(blank=True)),
                ('person_id_hash', models.CharField(blank=True, db_index=True, max_length=64)),
                ('verdict', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('reasons', models.JSONField(default=list)),
                ('basis', models.JSONField(default=dict)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_note', huoshui.models.fields.SealedField(blank=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authentications', to=settings.AUTH_USER_MODEL)),
                ('firm', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='authentications', to='huoshui.firm')),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.firmmember')),
            ],
        ),
        migrations.CreateModel(
            name='FirmShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since_at', models.DateTimeField()),
                ('until_at', models.DateTimeField(blank=True, null=True)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='huoshui.firm')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.organization')),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('route', models.CharField(max_length=200)),
                ('body_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('answer', huoshui.models.fields.SealedField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.organization')),
            ],
        ),
        migrations.CreateModel(
            name='LoanCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_id', models.UUIDField(unique=True)),
                ('number', models.CharField(max_length=12, unique=True)),
                ('purpose', huoshui.models.fields.TermField(max_length=40)),
                ('region_code', models.CharField(db_index=True, max_length=12)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('batch', models.UUIDField(blank=True, db_index=True, null=True)),
                ('issued_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revocation_reason', huoshui.models.fields.TermField(blank=True, max_length=40)),
                ('revocation_note', models.CharField(blank=True, max_length=200)),
                ('scans', models.PositiveIntegerField(default=0)),
                ('last_scanned_at', models.DateTimeField(blank=True, null=True)),
                ('firm', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='loan_codes', to='huoshui.firm')),
                ('holder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='loan_codes', to=settings.AUTH_USER_MODEL)),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loan_codes', to='huoshui.organization')),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', huoshui.models.fields.TermField(max_length=40)),
                ('region_code', models.CharField(blank=True, max_length=12)),
                ('from_on', models.DateField()),
                ('until_on', models.DateField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='huoshui.organization')),
                ('seconded_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seconded', to='huoshui.organization')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('secret_hash', models.CharField(max_length=64)),
                ('scopes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='huoshui.organization')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='huoshui.membership')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PowerOfAttorney',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agent_name', huoshui.models.fields.SealedField(blank=True)),
                ('agent_phone', huoshui.models.fields.SealedField(blank=True)),
                ('agent_phone_hash', models.CharField(blank=True, db_index=True, max_length=64)),
                ('stage', huoshui.models.fields.TermField(max_length=40)),
                ('scopes', models.JSONField(default=list)),
                ('from_on', models.DateField(blank=True, null=True)),
                ('until_on', models.DateField(blank=True, null=True)),
                ('asked_at', models.DateTimeField()),
                ('given_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('paper_photo', models.CharField(blank=True, max_length=64)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='powers', to=settings.AUTH_USER_MODEL)),
                ('authentication', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='powers', to='huoshui.businessauthentication')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='powers', to='huoshui.firm')),
                ('given_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.firmmember')),
            ],
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True)),
                ('verdict', huoshui.models.fields.TermField(max_length=40)),
                ('device', huoshui.models.fields.TermField(max_length=40)),
                ('device_hash', models.CharField(max_length=64)),
                ('loan_code', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='scanned', to='huoshui.loancode')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', models.URLField(max_length=500)),
                ('secret', huoshui.models.fields.SealedField()),
                ('acts', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField()),
                ('failures', models.PositiveIntegerField(default=0)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('disabled_why', models.CharField(blank=True, max_length=200)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.membership')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.organization')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('stage', huoshui.models.fields.TermField(default='waiting', max_length=40)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('last_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('last_at', models.DateTimeField(blank=True, null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='huoshui.event')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='huoshui.webhookendpoint')),
            ],
        ),
        migrations.AddConstraint(
            model_name='organization',
            constraint=models.UniqueConstraint(fields=('parent', 'name'), name='organization_once_below_its_parent'),
        ),
        migrations.AddConstraint(
            model_name='organization',
            constraint=models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('code',), name='organization_code_once'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['user', 'purpose'], name='huoshui_con_user_id_5de3ac_idx'),
        ),
        migrations.AddIndex(
            model_name='firm',
            index=models.Index(fields=['region_code', 'name'], name='huoshui_fir_region__2457f9_idx'),
        ),
        migrations.AddIndex(
            model_name='firm',
            index=models.Index(fields=['name'], name='huoshui_fir_name_fe1f73_idx'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['firm', 'at'], name='huoshui_eve_firm_id_d59635_idx'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['subject_kind', 'subject_id'], name='huoshui_eve_subject_38bb2c_idx'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('organization', 'sequence'), name='event_once_in_its_chain'),
        ),
        migrations.AddConstraint(
            model_name='firmmember',
            constraint=models.UniqueConstraint(condition=models.Q(('until_on', None)), fields=('user', 'firm', 'role'), name='firm_member_once'),
        ),
        migrations.AddIndex(
            model_name='businessauthentication',
            index=models.Index(fields=['stage', 'region_code', 'confirmed_at'], name='authentication_queue'),
        ),
        migrations.AddIndex(
            model_name='businessauthentication',
            index=models.Index(fields=['firm', 'stage'], name='authentication_of_firm'),
        ),
        migrations.AddConstraint(
            model_name='businessauthentication',
            constraint=models.UniqueConstraint(condition=models.Q(('stage__in', ['reading', 'to_confirm', 'to_identify', 'waiting_for_power', 'waiting_for_register', 'in_review'])), fields=('user', 'photo'), name='authentication_once_while_open'),
        ),
        migrations.AddConstraint(
            model_name='firmshare',
            constraint=models.UniqueConstraint(fields=('firm', 'organization'), name='firm_shared_once_with_a_bank'),
        ),
        migrations.AddConstraint(
            model_name='idempotencykey',
            constraint=models.UniqueConstraint(fields=('organization', 'key'), name='idempotency_key_once_a_tenant'),
        ),
        migrations.AddIndex(
            model_name='loancode',
            index=models.Index(fields=['organization', 'issued_at'], name='huoshui_loa_organiz_fcb1e4_idx'),
        ),
        migrations.AddConstraint(
            model_name='loancode',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('valid_from'))), name='loan_code_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='loancode',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_at', None), models.Q(('revocation_reason', ''), _negated=True), _connector='OR'), name='loan_code_revoked_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('until_on', None), ('until_on__gte', models.F('from_on')), _connector='OR'), name='membership_ends_after_it_begins'),
        ),
        migrations.AddIndex(
            model_name='powerofattorney',
            index=models.Index(fields=['firm', 'stage'], name='power_of_firm'),
        ),
        migrations.AddConstraint(
            model_name='powerofattorney',
            constraint=models.UniqueConstraint(condition=models.Q(('stage__in', ['requested', 'in_force'])), fields=('firm', 'agent'), name='power_once_for_an_agent'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['device_hash', 'at'], name='huoshui_sca_device__26081a_idx'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['loan_code', 'at'], name='huoshui_sca_loan_co_b9b36f_idx'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['verdict', 'at'], name='huoshui_sca_verdict_40eacb_idx'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('disabled_at', None)), fields=['id'], name='webhook_active'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('stage', huoshui.terms.exchange.DeliveryStage['WAITING'])), fields=['due_at'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-id'], name='delivery_of_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event'), name='event_once_an_endpoint'),
        ),
    ]
