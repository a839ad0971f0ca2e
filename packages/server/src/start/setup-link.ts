import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import pg from 'pg'
import type { Home } from '../platform/home.ts'
import type { RunningDatabase } from './database.ts'

/** While no organisation exists, each start makes a new one-time link; only the hash of its token is kept. */
export const makeSetupLink = async (home: Home, { admin, name }: RunningDatabase, publicUrl: string): Promise<string | null> => {
  const client = new pg.Client({ ...admin, database: name })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('set role holdfast_gate')
    const { rows } = await client.query<{ needed: boolean }>('select gate_setup_needed() as needed')
    if (!rows[0]?.needed) return null
  } finally {
    await client.end()
  }
  const token = randomBytes(32).toString('base64url')
  await writeFile(home.setupTokenFile, createHash('sha256').update(token).digest('hex'), { mode: 0o600 })
  return `${publicUrl}/setup#${token}`
}
