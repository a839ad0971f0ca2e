// npm run check: everything a machine can say about the sources without running them. All steps run; one failure fails all.
// `npm run check -- lint format` runs the named steps only.
import { steps } from './checks/index.mjs'
import { ensureInstall } from './lib/install.mjs'
import { exitWith } from './lib/run.mjs'

await exitWith(async () => {
  await ensureInstall()
  const asked = process.argv.slice(2)
  const unknown = asked.filter((name) => !(name in steps))
  if (unknown.length > 0) throw new Error(`No such step: ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}`)

  const results = []
  for (const [name, step] of Object.entries(steps)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const started = Date.now()
    const { ok, summary, output } = await attempt(step)
    results.push({ name, ok, summary, seconds: (Date.now() - started) / 1000 })
    if (!ok) process.stdout.write(`\n── ${name} ${'─'.repeat(60)}\n${output.trimEnd()}\n\n`)
  }

  process.stdout.write('\n')
  for (const { name, ok, summary, seconds } of results) {
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(14)}${seconds.toFixed(1).padStart(6)} s  ${summary}\n`)
  }
  const failed = results.filter(({ ok }) => !ok).length
  process.stdout.write(`\n${failed === 0 ? 'All checks passed.' : `${failed} of ${results.length} checks failed.`}\n`)
  return failed === 0 ? 0 : 1
})

// A check that breaks has not passed.
async function attempt(step) {
  try {
    return await step()
  } catch (error) {
    return { ok: false, summary: 'did not run', output: error.stack }
  }
}
