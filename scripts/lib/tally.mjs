import { writeFileSync } from 'node:fs'

/** Vitest reporter: writes `{ passed, failed, skipped }` of the run to the file named by HOLDFAST_TALLY. */
export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[outcome(test.result().state)] += 1
      // A file or a group that broke outside its tests (an import, a hook) failed, though no test of it did.
      if (module.errors().length > 0) counts.failed += 1
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1
    }
    counts.failed += unhandledErrors.length
    writeFileSync(process.env.HOLDFAST_TALLY, JSON.stringify(counts))
  }
}

// A test that was still pending when the run ended did not pass.
const outcome = (state) => (state === 'pending' ? 'failed' : state)
