-- The ledger (L1–L3): every change of a protected row, captured by the database and sealed into the organisation's hash chain in the same
-- transaction. Format HFL1: docs/ledger-format.md. How changes are captured: ADR 0002. How entries are appended: ADR 0003.

create table ledger (
  org_id uuid   not null,
  seq    bigint not null,  -- from 0, no gaps
  at_us  bigint not null,  -- microseconds since 1970, UTC; never decreases
  prev   bytea  not null,
  hash   bytea  not null,
  body   text   not null,  -- JSON, hashed as it stands here
  primary key (org_id, seq)
);
-- Bodies are read whole or not at all, and compressing them costs more than it saves at their size.
alter table ledger alter column body set storage external;

create table ledger_checkpoint (
  org_id     uuid        not null,
  size       bigint      not null check (size > 0),
  root       bytea       not null, -- RFC 6962 Merkle root over the first `size` entries
  head       bytea       not null, -- hash of entry `size` − 1
  note       text        not null, -- C2SP signed note, cosignatures included as they were when it was stored
  created_at timestamptz not null default now(),
  primary key (org_id, size)
);

-- Neither table is ever changed, whoever asks; only a superuser or an owner's `alter table` gets past it, and verification finds that out.
create trigger refuse_change before update or delete or truncate on ledger for each statement execute function refuse_change();
create trigger refuse_change before update or delete or truncate on ledger_checkpoint for each statement execute function refuse_change();
alter table ledger enable always trigger refuse_change;
alter table ledger_checkpoint enable always trigger refuse_change;

select fence_rows('ledger', 'org_id = (select current_org())', 'org_id = (select current_org())'),
       fence_rows('ledger_checkpoint', 'org_id = (select current_org())', 'org_id = (select current_org())');
create policy ledger on ledger to holdfast_ledger using (true) with check (true);
grant select, insert on ledger to holdfast_ledger;
grant select on ledger to holdfast_app;
grant select, insert on ledger_checkpoint to holdfast_app;

-- The changes of running transactions. Nobody but the functions below reaches it; unlogged, because a crash ends every transaction it serves.
set local role holdfast_ledger;
create unlogged table ledger_pending (
  xact   xid8   not null,
  n      bigint generated always as identity,
  org_id uuid, -- null: no organisation was entered; then nothing can consume it and the commit fails
  change text   not null,
  primary key (xact, n)
);

-- A change that no entry took away fails the commit: one that came after the append, or belongs to another organisation, as well.
create function audit_guard() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from ledger_pending where xact = new.xact and n = new.n) then
    raise exception 'a change was not recorded in the ledger' using errcode = 'HF001';
  end if;
  return null;
end $$;
create constraint trigger audit_guard after insert on ledger_pending
  deferrable initially deferred for each row execute function audit_guard();
alter table ledger_pending enable always trigger audit_guard;

-- Sealed values stand as their envelopes; long ones by length and digest.
create function capture_bytes(value bytea) returns text language sql immutable parallel safe
  return case
    when value is null then 'null'
    when length(value) <= 1024 then '"' || translate(encode(value, 'base64'), E'\n', '') || '"'
    else '{"bytes":' || length(value) || ',"sha256":"' || encode(sha256(value), 'hex') || '"}'
  end;

-- Appends one entry to the current organisation's chain: `head` (a JSON object without `changes` and `v`) and the changes of this transaction.
-- The very last statement before COMMIT, sent together with it: from here to the end of the transaction the organisation's writers wait.
create function ledger_append(head jsonb, out seq bigint, out at_us bigint, out hash bytea)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  org     uuid := current_org();
  changes text;
  body    text;
  digest  bytea;
  tail    record;
begin
  if org is null then
    raise exception 'no organisation entered' using errcode = 'HF004';
  end if;
  if jsonb_typeof(head) <> 'object' or head ?| array['changes', 'v'] then
    raise exception 'not the head of an entry' using errcode = 'HF004';
  end if;
  with taken as (delete from ledger_pending p where p.xact = pg_current_xact_id() and p.org_id = org returning p.n, p.change)
    select string_agg(taken.change, ',' order by taken.n) into changes from taken;
  body := case head when '{}' then '{' else left(head::text, -1) || ', ' end || '"changes": [' || coalesce(changes, '') || '], "v": 1}';
  digest := sha256(convert_to(body, 'UTF8'));
  perform pg_advisory_xact_lock(uuid_hash_extended(org, 1096107084));
  -- A statement of its own, so that its snapshot is taken under the lock.
  select l.seq, l.at_us, l.hash into tail from ledger l where l.org_id = org order by l.seq desc limit 1;
  seq := coalesce(tail.seq + 1, 0);
  at_us := greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, tail.at_us);
  tail.hash := coalesce(tail.hash, sha256('HFL1 genesis'::bytea || uuid_send(org)));
  hash := ledger_hash(org, seq, at_us, tail.hash, digest);
  insert into ledger values (org, seq, at_us, tail.hash, hash, body);
end $$;

-- SHA-256(0x00 | leaf), also the leaf hash of RFC 6962.
create function ledger_hash(org uuid, seq bigint, at_us bigint, prev bytea, digest bytea) returns bytea language sql immutable parallel safe
  return sha256('\x0048464c31'::bytea || uuid_send(org) || int8send(seq) || int8send(at_us) || prev || digest);

grant execute on function ledger_append(jsonb), ledger_hash(uuid, bigint, bigint, bytea, bytea) to holdfast_app;
grant execute on function capture_bytes(bytea), ledger_hash(uuid, bigint, bigint, bytea, bytea) to holdfast_owner;

-- The JSON text of one column; and of the columns of one row, all of them or those that differ from the other row's.
set local role holdfast_owner;
create function capture_value(t regclass, col text, side text, secret text[]) returns text language sql stable
  return (select case
      when col = any (secret) then format('case when %s.%I is null then %L else %L end', side, col, 'null', '"secret"')
      when atttypid = 'bytea'::regtype then format('capture_bytes(%s.%I)', side, col)
      when atttypid in ('int4'::regtype, 'int8'::regtype) then format('coalesce(%s.%I::text, %L)', side, col, 'null')
      else format('coalesce(to_json(%s.%I)::text, %L)', side, col, 'null')
    end from pg_attribute where attrelid = t and attname = col);

create function capture_object(t regclass, columns text[], side text, other text, secret text[]) returns text language sql stable
  return (select format('concat_ws(%L, %s)', ',', string_agg(
      case when other is null then format('%L || %s', to_json(col) || ':', capture_value(t, col, side, secret))
      else format('case when %s.%I is distinct from %s.%I then %L || %s end', side, col, other, col, to_json(col) || ':',
        capture_value(t, col, side, secret)) end, ', ' order by col collate "C"))
    from unnest(columns) col);

-- Writes the table's own capture function with its columns spelled out, and hangs it on the table.
create function capture_changes(t regclass, secret text[], quiet text[]) returns void language plpgsql as $capture$
declare
  columns text[] := (select array_agg(c) from unnest(table_columns(t)) c where c <> all (quiet));
  keys    text[] := (select array_agg(a.attname::text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                     where i.indrelid = t and i.indisprimary and a.attname <> 'org_id');
begin
  if keys is null then
    raise exception '% needs a primary key beside org_id', t;
  end if;
  execute 'set local role holdfast_ledger';
  execute format($function$
    create or replace function %I() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
    declare
      before text;
      after  text;
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := %s; after := %s;
      elsif tg_op = 'DELETE' then
        key := %s; before := %s;
      else
        key := %s; after := %s;
        if after = '' then return null; end if;
        before := %s;
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || coalesce('{' || after || '}', 'null') || ',"before":' || coalesce('{' || before || '}', 'null')
        || ',"key":{' || key || '},"table":"%s"}');
      return null;
    end $body$
    $function$, 'capture_' || t::text,
    capture_object(t, keys, 'new', null, secret), capture_object(t, columns, 'new', null, secret),
    capture_object(t, keys, 'old', null, secret), capture_object(t, columns, 'old', null, secret),
    capture_object(t, keys, 'old', null, secret), capture_object(t, columns, 'new', 'old', secret), capture_object(t, columns, 'old', 'new', secret), t);
  execute format('grant execute on function %I() to holdfast_owner', 'capture_' || t::text);
  execute 'set local role holdfast_owner';
  execute format('create or replace trigger capture after insert or update or delete on %s for each row execute function %I()', t, 'capture_' || t::text);
  execute format('alter table %s enable always trigger capture', t);
end $capture$;
grant execute on function capture_value(regclass, text, text, text[]), capture_object(regclass, text[], text, text, text[]) to holdfast_ledger;
