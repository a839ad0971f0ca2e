import { readFileSync } from 'node:fs'
import { at } from '../lib/root.mjs'
import { filesUnder } from '../lib/files.mjs'

const longest = 350
const isTest = (file) => /\.test\.tsx?$|\/(test|e2e)\//.test(file)

// Patterns are split, so that this file does not break its own rules.
const bans = [
  { pattern: /\b(?:it|test|describe|suite)\.only\s*\(/, why: 'runs a part of the suite and looks like all of it' },
  { pattern: /\b(?:it|test|describe|suite)\.(?:skip|todo)\s*\(/, why: 'a test that never runs; skipIf(condition) says when' },
  { pattern: /@ts-(?:ignore|nocheck|expect-error)/, why: 'silences the compiler' },
  { pattern: /\bas any\b(?! \w)/, why: 'switches the types off' },
  {
    pattern: new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'}|HA${'CK'})\\b`),
    why: 'finish it, or write it down in docs/STATUS.md',
  },
  { pattern: /\bdebugger\b/, why: 'left over' },
  {
    pattern: /\b(?:Buffer|process)\.\w/,
    why: 'the contract runs in browsers as well',
    only: /^packages\/contract\/src\/(?!.*\.test\.)/,
  },
  { pattern: new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}-----\\s*\\S`), why: 'a private key in the source' },
]

/** What no linter says for us: lengths, bans and left-overs. A test's file may be long. */
export function houseRules() {
  const files = filesUnder().filter((file) => /\.(?:ts|tsx|mjs)$/.test(file))
  const problems = files.flatMap((file) => violations(file, readFileSync(at(file), 'utf8')))
  const long = files.filter((file) => !isTest(file) && lines(readFileSync(at(file), 'utf8')) > 250)
  return {
    ok: problems.length === 0,
    output: problems.join('\n'),
    summary: `${files.length} files, ${long.length} over 250 lines`,
  }
}

/** The sentences to print about one file, `[]` when it is fine. */
export function violations(file, text) {
  const found = []
  if (!isTest(file) && lines(text) > longest) found.push(`${file}: ${lines(text)} lines, at most ${longest}`)
  if (file.endsWith('house-rules.mjs')) return found
  text.split('\n').forEach((line, index) => {
    for (const { pattern, why, only = /^/ } of bans)
      if (only.test(file) && pattern.test(line)) found.push(`${file}:${index + 1}: ${line.trim().slice(0, 80)}  (${why})`)
  })
  return found
}

const lines = (text) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
