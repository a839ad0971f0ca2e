// npm run attack: the usual attack tools against a demo of our own, on loopback only. `--help` says more.
import { spawnSync } from 'node:child_process'
import { ensureBuild } from './lib/build.mjs'
import { ensureInstall } from './lib/install.mjs'
import { pinnedNode } from './lib/node.mjs'
import { at } from './lib/root.mjs'
import { exitWith, run } from './lib/run.mjs'
import { ensureSystemPackages } from './lib/system-packages.mjs'

const flags = process.argv.slice(2)
const attack = [pinnedNode(), at('scripts/attack/main.ts'), ...flags]

// A network namespace with loopback and nothing else: whatever a tool tries, no packet leaves the machine.
const alone = process.getuid?.() === 0 ? ['--net'] : ['--net', '--map-current-user', '--keep-caps']
const inside = ['sh', '-c', 'ip link set lo up && exec "$0" "$@"']

await exitWith(async () => {
  await ensureInstall()
  if (flags.includes('--help')) return run(attack[0], attack.slice(1))
  ensureSystemPackages('scripts/attack-packages.txt', 'The attacks')
  await ensureBuild()
  if (spawnSync('unshare', [...alone, ...inside, 'true'], { stdio: 'ignore' }).status === 0)
    return run('unshare', [...alone, ...inside, ...attack])
  process.stderr.write('No network namespace here: the tools are told to stay on loopback, but nothing forces them.\n')
  return run(attack[0], attack.slice(1))
})
