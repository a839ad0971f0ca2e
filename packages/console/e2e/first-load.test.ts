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
/** gzipped script, whether somebody begins at the front door or follows a link into the middle. */
const firstLoadBytes = 250_000

/** The scripts that a chunk cannot run without. */
const closure = (manifest: Record<string, Chunk>, key: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const each of manifest[key]?.imports ?? []) closure(manifest, each, seen)
  return seen
}

const gzipped = async (file: string): Promise<number> => gzipSync(await readFile(`${dist}${file}`)).length

/** Where people begin. */
const entrances = [
  'setup/SetupPage',
  'session/SignInPage',
  'session/FactorPage',
  'invitation/InvitationPage',
  'reset/ResetPage',
  'now/NowPage',
]

interface Size {
  page: string
  bytes: number
}

const measure = async (): Promise<Size[]> => {
  const manifest = JSON.parse(await readFile(`${dist}.vite/manifest.json`, 'utf8')) as Record<string, Chunk>
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry) ?? ''
  const pages = Object.keys(manifest).filter((key) => key.endsWith('Page.tsx') && manifest[key]?.isDynamicEntry)
  return Promise.all(
    pages.map(async (page) => {
      const keys = new Set([...closure(manifest, entry), ...closure(manifest, page)])
      const files = [...keys].map((key) => manifest[key]?.file ?? '').filter((file) => file.endsWith('.js'))
      const bytes = (await Promise.all(files.map(gzipped))).reduce((sum, size) => sum + size, 0)
      return { page: page.replace('src/pages/', '').replace('.tsx', ''), bytes }
    }),
  )
}

test('an entrance, and a deep link to any page, loads at most 250 kB of gzipped script', async () => {
  const sizes = (await measure()).toSorted((a, b) => b.bytes - a.bytes)
  expect(sizes.length).toBeGreaterThan(20)
  const first = sizes.filter(({ page }) => entrances.includes(page))
  expect(first).toHaveLength(entrances.length)
  const inWords = (size: Size | undefined) => `${((size?.bytes ?? 0) / 1000).toFixed(1)} kB (${size?.page})`
  console.log(`heaviest entrance ${inWords(first[0])}; heaviest page ${inWords(sizes[0])}`)
  expect(sizes.filter(({ bytes }) => bytes > firstLoadBytes)).toEqual([])
})
