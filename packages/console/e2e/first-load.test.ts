import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

interface Chunk {
  file: string
  imports?: string[]
  isEntry?: boolean
  isDynamicEntry?: boolean
  src?: string
}

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const limitBytes = 250_000

/** The scripts that a chunk cannot run without. */
const closure = (manifest: Record<string, Chunk>, key: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const each of manifest[key]?.imports ?? []) closure(manifest, each, seen)
  return seen
}

const gzipped = async (file: string): Promise<number> => gzipSync(await readFile(`${dist}${file}`)).length

test('the first load of any page is at most 250 kB of gzipped script', async () => {
  const manifest = JSON.parse(await readFile(`${dist}.vite/manifest.json`, 'utf8')) as Record<string, Chunk>
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry)
  const pages = Object.keys(manifest).filter((key) => key.startsWith('src/pages/') && manifest[key]?.isDynamicEntry)
  expect(entry).toBeDefined()
  expect(pages.length).toBeGreaterThan(20)
  const sizes = await Promise.all(
    pages.map(async (page) => {
      const keys = new Set([...closure(manifest, entry ?? ''), ...closure(manifest, page)])
      const files = [...keys].map((key) => manifest[key]?.file ?? '').filter((file) => file.endsWith('.js'))
      const bytes = (await Promise.all(files.map(gzipped))).reduce((sum, size) => sum + size, 0)
      return { page, bytes }
    }),
  )
  const heaviest = sizes.toSorted((a, b) => b.bytes - a.bytes)[0]
  console.log(`heaviest first load: ${heaviest?.page} ${((heaviest?.bytes ?? 0) / 1000).toFixed(1)} kB gzipped script`)
  expect(heaviest?.bytes).toBeLessThanOrEqual(limitBytes)
})
