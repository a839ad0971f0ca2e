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
create unlogged table ledger_recorded (recorded boolean primary key); -- always empty
create unlogged table ledger_pending (
  xact     xid8    not null,
  n        bigint  generated always as identity (cache 32),
  org_id   uuid, -- null: no organisation was entered; then nothing can consume it and the commit fails
  change   text    not null,
  recorded boolean not null default false,
  primary key (xact, n),
  -- The audit guard. A deferred foreign key into an empty table: at commit a change still here fails it, and one that an entry has taken
  -- away is passed over by PostgreSQL's own code without a query. So a change that came after the append, or belongs to an organisation
  -- other than the one appended to, fails the commit as well (SQLSTATE 23503, this constraint).
  constraint recorded_in_ledger foreign key (recorded) references ledger_recorded deferrable initially deferred
);
-- Rows live for a moment: keep the dead ones from piling up.
alter table ledger_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Sealed values stand as their envelopes; long ones by length and digest.
create function capture_bytes(value bytea) returns json language sql immutable parallel safe
  return case
    when length(value) <= 1024 then to_json(translate(encode(value, 'base64'), E'\n', ''))
    when length(value) > 1024 then json_build_object('bytes', length(value), 'sha256', encode(sha256(value), 'hex'))
  end;

-- Appends one entry to the current organisation's chain: `head` (a JSON object without `changes` and `v`) and the changes of this transaction.
-- The very last statement before COMMIT, sent together with it: from here to the end of the transaction the organisation's writers wait.
-- The pending table is small whenever it is planned for, but not always when it is searched: hence never a sequential scan.
create function ledger_append(head jsonb, out seq bigint, out at_us bigint, out hash bytea) language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  org     uuid := current_org();
  changes text := '';
  change  text;
  body    text;
  held    text;
  tail    record;
begin
  if org is null or jsonb_typeof(head) <> 'object' or head ?| array['changes', 'v'] then
    raise exception 'no organisation entered, or not the head of an entry' using errcode = 'HF004';
  end if;
  -- In the order of the index, which is the order of the changes.
  for change in delete from ledger_pending p where p.xact = pg_current_xact_id() and p.org_id = org returning p.change loop
    changes := changes || ',' || change;
  end loop;
  body := left(head::text, -1) || case head when '{}' then '"changes": [' else ', "changes": [' end || substr(changes, 2) || '], "v": 1}';
  held := pg_advisory_xact_lock(uuid_hash_extended(org, 1096107084));
  -- A statement of its own, so that its snapshot is taken under the lock.
  select l.seq, l.at_us, l.hash into tail from ledger l where l.org_id = org order by l.seq desc limit 1;
  seq := coalesce(tail.seq + 1, 0);
  at_us := greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, tail.at_us);
  tail.hash := coalesce(tail.hash, sha256('HFL1 genesis'::bytea || uuid_send(org)));
  hash := ledger_hash(org, seq, at_us, tail.hash, sha256(convert_to(body, 'UTF8')));
  insert into ledger values (org, seq, at_us, tail.hash, hash, body);
end $$;

-- SHA-256(0x00 | leaf), also the leaf hash of RFC 6962.
create function ledger_hash(org uuid, seq bigint, at_us bigint, prev bytea, digest bytea) returns bytea language sql immutable parallel safe
  return sha256('\x0048464c31'::bytea || uuid_send(org) || int8send(seq) || int8send(at_us) || prev || digest);

grant execute on function ledger_append(jsonb), ledger_hash(uuid, bigint, bigint, bytea, bytea) to holdfast_app;
grant execute on function capture_bytes(bytea), ledger_hash(uuid, bigint, bigint, bytea, bytea) to holdfast_owner;

-- How one column is written in an entry.
set local role holdfast_owner;
create function capture_value(t regclass, col text, side text, secret text[]) returns text language sql stable
  return (select format(case
      when col = any (secret) then $f$case when %s.%I is not null then 'secret' end$f$
      when atttypid = 'bytea'::regtype then 'capture_bytes(%s.%I)'
      else '%s.%I'
    end, side, col) from pg_attribute where attrelid = t and attname = col);

create function capture_row(t regclass, columns text[], side text, secret text[]) returns text language sql stable
  return (select format('json_build_object(%s)::text', string_agg(format('%L, %s', col, capture_value(t, col, side, secret)), ', ' order by col collate "C"))
    from unnest(columns) col);

create function capture_differences(t regclass, columns text[], secret text[]) returns text language sql stable
  return (select string_agg(format($f$
        if new.%1$I is distinct from old.%1$I then
          after := after || %2$L || coalesce(to_json(%3$s)::text, 'null'); before := before || %2$L || coalesce(to_json(%4$s)::text, 'null');
        end if;$f$, col, ',' || to_json(col) || ':', capture_value(t, col, 'new', secret), capture_value(t, col, 'old', secret)), '' order by col collate "C")
    from unnest(columns) col);

-- Writes the table's own capture function with its columns spelled out, and hangs it on the table.
create function capture_changes(t regclass, secret text[], quiet text[]) returns void language plpgsql as $capture$
declare
  columns text[] := (select array_agg(c) from unnest(table_columns(t)) c where c <> all (quiet));
  keys    text[] := (select array_agg(a.attname::text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                     where i.indrelid = t and i.indisprimary and a.attname <> 'org_id');
  name    text   := 'capture_' || t::text;
begin
  if keys is null then
    raise exception '% needs a primary key beside org_id', t;
  end if;
  execute 'set local role holdfast_ledger';
  execute format($function$
    create or replace function %1$I() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := %2$s; after := %3$s; before := 'null';
      elsif tg_op = 'DELETE' then
        key := %4$s; after := 'null'; before := %5$s;
      else%6$s
        if after = '' then return null; end if;
        key := %4$s; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":%7$s}');
      return null;
    end $body$
    $function$, name, capture_row(t, keys, 'new', '{}'), capture_row(t, columns, 'new', secret), capture_row(t, keys, 'old', '{}'),
    capture_row(t, columns, 'old', secret), capture_differences(t, columns, secret), to_json(t::text));
  execute format('grant execute on function %I() to holdfast_owner', name);
  execute 'set local role holdfast_owner';
  execute format('create or replace trigger capture after insert or update or delete on %s for each row execute function %I()', t, name);
  execute format('alter table %s enable always trigger capture', t);
end $capture$;
grant execute on function capture_value(regclass, text, text, text[]), capture_row(regclass, text[], text, text[]),
  capture_differences(regclass, text[], text[]) to holdfast_ledger;
