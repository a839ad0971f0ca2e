/** What somebody with the whole database can do to a ledger. */
import { entryHash, genesis } from '@holdfast/ledger'
import type pg from 'pg'

export interface StoredEntry {
  seq: string
  at_us: string
  prev: Buffer
  hash: Buffer
  body: string
}

const columns = 'seq, at_us, prev, hash, body'

/** Our own fences refuse changes even to the owner; a superuser can take them down. */
export const takeDownFences = async (database: pg.Client): Promise<void> => {
  // Foreign keys too: whoever rewrites the past does not mind what refers to it.
  await database.query('set session_replication_role = replica')
  for (const table of ['ledger', 'ledger_checkpoint']) await database.query(`alter table ${table} disable trigger refuse_change`)
}

export const entriesOf = async (database: pg.Client, org: string): Promise<StoredEntry[]> =>
  (await database.query<StoredEntry>(`select ${columns} from ledger where org_id = $1 order by seq`, [org])).rows

const write = (database: pg.Client, org: string, seq: string, { at_us, prev, hash, body }: StoredEntry) =>
  database.query('update ledger set at_us = $3, prev = $4, hash = $5, body = $6 where org_id = $1 and seq = $2', [
    org,
    seq,
    at_us,
    prev,
    hash,
    body,
  ])

export const restore = (database: pg.Client, org: string, entry: StoredEntry) => write(database, org, entry.seq, entry)

export const changeOneByte = (database: pg.Client, org: string, entry: StoredEntry) =>
  write(database, org, entry.seq, { ...entry, body: entry.body.replace(/[a-z]/, (letter) => (letter === 'z' ? 'y' : 'z')) })

export const removeOne = (database: pg.Client, org: string, { seq }: StoredEntry) =>
  database.query('delete from ledger where org_id = $1 and seq = $2', [org, seq])

export const putBack = (database: pg.Client, org: string, { seq, at_us, prev, hash, body }: StoredEntry) =>
  database.query('insert into ledger (org_id, seq, at_us, prev, hash, body) values ($1, $2, $3, $4, $5, $6)', [
    org,
    seq,
    at_us,
    prev,
    hash,
    body,
  ])

export const swap = async (database: pg.Client, org: string, one: StoredEntry, other: StoredEntry): Promise<void> => {
  await write(database, org, one.seq, other)
  await write(database, org, other.seq, one)
}

/** Cuts the end, and the checkpoints that would tell. */
export const cutAfter = async (database: pg.Client, org: string, size: number): Promise<void> => {
  await database.query('delete from ledger where org_id = $1 and seq >= $2', [org, size])
  await database.query('delete from ledger_checkpoint where org_id = $1 and size > $2', [org, size])
}

/** Writes another text into one entry and every hash after it anew, and removes the checkpoints: a chain without a seam. */
export const rewriteFrom = async (database: pg.Client, org: string, from: number): Promise<void> => {
  let prev = genesis(org)
  for (const entry of await entriesOf(database, org)) {
    const body = Number(entry.seq) === from ? entry.body.replace('"done"', '"none"') : entry.body
    const hash = entryHash(org, { seq: Number(entry.seq), at: entry.at_us, prev, body })
    await write(database, org, entry.seq, { ...entry, prev: Buffer.from(prev, 'hex'), hash: Buffer.from(hash, 'hex'), body })
    prev = hash
  }
  await database.query('delete from ledger_checkpoint where org_id = $1', [org])
}
