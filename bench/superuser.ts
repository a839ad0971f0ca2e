import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'

/** How the superuser reaches the embedded database of an installation. */
export const superuserAt = async (home: string): Promise<pg.ClientConfig> => {
  const { port } = JSON.parse(await readFile(join(home, 'postgres.json'), 'utf8')) as { port: number }
  return {
    ...{ host: '127.0.0.1', port, user: 'holdfast_root', database: 'holdfast' },
    password: (await readFile(join(home, 'postgres.password'), 'utf8')).trim(),
    ssl: { ca: await readFile(join(home, 'ca.pem'), 'utf8') },
  }
}
