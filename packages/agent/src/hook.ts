import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { hookInC, hookInNode, type HookFacts } from './hook-source.ts'
import type { Layout } from './paths.ts'

const compile = (target: string, { socket, note, breakGlass }: HookFacts, flags: readonly string[]): boolean => {
  const define = [
    `-DSOCKET_PATH=${JSON.stringify(socket)}`,
    `-DNOTE_PATH=${JSON.stringify(note)}`,
    `-DBREAK_GLASS=${JSON.stringify(breakGlass)}`,
  ]
  const { status } = spawnSync('cc', ['-x', 'c', '-O2', '-Wall', ...flags, ...define, '-o', target, '-'], { input: hookInC })
  return status === 0
}

/** Writes the program that PAM runs; says what it is. */
export const installHook = (
  layout: Layout,
  { compiler = true, breakGlass = '' }: { compiler?: boolean; breakGlass?: string } = {},
): 'compiled' | 'node' => {
  const { hook, socket } = layout
  if (Buffer.byteLength(socket) > 107) throw new TypeError('the path of a socket has at most 107 bytes')
  mkdirSync(dirname(hook), { recursive: true, mode: 0o755 })
  const fresh = `${hook}.new`
  const facts = { socket, note: layout.breakGlassUses, breakGlass }
  const compiled = compiler && (compile(fresh, facts, ['-static']) || compile(fresh, facts, []))
  if (!compiled) writeFileSync(fresh, hookInNode(process.execPath, facts))
  chmodSync(fresh, 0o755)
  renameSync(fresh, hook)
  return compiled ? 'compiled' : 'node'
}

export const removeHook = ({ lib }: Layout): void => rmSync(lib, { recursive: true, force: true })
