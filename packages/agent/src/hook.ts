import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { hookInC, hookInNode } from './hook-source.ts'
import type { Layout } from './paths.ts'

const compile = (target: string, socket: string, flags: readonly string[]): boolean => {
  const define = `-DSOCKET_PATH=${JSON.stringify(socket)}`
  const { status } = spawnSync('cc', ['-x', 'c', '-O2', '-Wall', ...flags, define, '-o', target, '-'], { input: hookInC })
  return status === 0
}

/** Writes the program that PAM runs; says what it is. */
export const installHook = (layout: Layout, { compiler = true }: { compiler?: boolean } = {}): 'compiled' | 'node' => {
  const { hook, socket } = layout
  if (Buffer.byteLength(socket) > 107) throw new TypeError('the path of a socket has at most 107 bytes')
  mkdirSync(dirname(hook), { recursive: true, mode: 0o755 })
  const fresh = `${hook}.new`
  const compiled = compiler && (compile(fresh, socket, ['-static']) || compile(fresh, socket, []))
  if (!compiled) writeFileSync(fresh, hookInNode(process.execPath, socket))
  chmodSync(fresh, 0o755)
  renameSync(fresh, hook)
  return compiled ? 'compiled' : 'node'
}

export const removeHook = ({ lib }: Layout): void => rmSync(lib, { recursive: true, force: true })
