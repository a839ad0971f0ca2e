-- Written security policies (H4). Content is sealed; what is in clear is a title, states, dates and digests.
create table policy (
  org_id            uuid        not null default current_org() references org,
  id                text        not null,
  title             text        not null check (length(title) between 1 and 200),
  owner_id          text        not null references person,
  promises          text[]      not null default '{}',
  review_every_days int         not null check (review_every_days between 1 and 1100),
  next_review_on    date,
  retired_at        timestamptz,
  reminded_on       date, -- members who have not acknowledged
  review_reminded_on date, -- the owner
  created_at        timestamptz not null default now(),
  primary key (org_id, id)
);
create index policy_review on policy (org_id, next_review_on);

create table policy_version (
  org_id         uuid        not null default current_org() references org,
  id             text        not null,
  policy_id      text        not null,
  number         int         not null check (number > 0),
  state          text        not null default 'draft' check (state in ('draft', 'in_review', 'approved', 'published', 'superseded', 'rejected')),
  format         text        not null check (format in ('markdown', 'pdf')),
  content_sealed bytea       not null,
  bytes          int         not null,
  sha256         text        not null,
  note           text        not null,
  author_id      text        not null references person,
  editors        text[]      not null default '{}', -- everybody who ever wrote at it: none of them approves it
  created_at     timestamptz not null default now(),
  submitted_at   timestamptz,
  approved_by    text        references person,
  approved_at    timestamptz,
  published_at   timestamptz,
  acknowledge_by date,
  review_comment text,
  primary key (org_id, id),
  unique (org_id, policy_id, number),
  foreign key (org_id, policy_id) references policy (org_id, id),
  -- The database holds to it as well: whoever wrote does not approve.
  check (approved_by is null or not approved_by = any (editors))
);
-- One version at a time is open, one published.
create unique index policy_version_open on policy_version (org_id, policy_id) where state in ('draft', 'in_review', 'approved');
create unique index policy_version_published on policy_version (org_id, policy_id) where state = 'published';

create table policy_acknowledgement (
  org_id     uuid        not null default current_org() references org,
  version_id text        not null,
  person_id  text        not null references person,
  at         timestamptz not null,
  statement  text        not null,
  signature  text        not null, -- JWS over who, what, when
  primary key (org_id, version_id, person_id),
  foreign key (org_id, version_id) references policy_version (org_id, id)
);

select protect_tenant_table('policy', quiet => '{reminded_on, review_reminded_on}'), protect_tenant_table('policy_version'),
  protect_tenant_table('policy_acknowledgement');
