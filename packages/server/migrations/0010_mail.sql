-- Mail on its way out. Address, subject and text are sealed: by the recipient's own key where the recipient is a person of ours, else by
-- the organisation's. A mail often carries a one-time link, so entries say only that there was one, and the text goes once it is sent.

create table mail (
  org_id         uuid        not null default current_org() references org,
  id             text        not null,
  person_id      text        references person, -- whose key seals it; null: the organisation's
  to_sealed      bytea       not null,
  subject_sealed bytea       not null,
  text_sealed    bytea,
  state          text        not null default 'queued' check (state in ('queued', 'sent', 'held', 'failed')), -- held: no mail server is configured
  failure        text,
  created_at     timestamptz not null default now(),
  sent_at        timestamptz,
  primary key (org_id, id)
);
select protect_tenant_table('mail', secret => '{to_sealed, subject_sealed, text_sealed}');
