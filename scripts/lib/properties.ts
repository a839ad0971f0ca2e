import fc from 'fast-check'

// A run of the tests must tell about the change that it tests, not about its luck: the same inputs each time.
// `HOLDFAST_SEED=random` looks further; a number repeats what was found (fast-check prints it).
const { HOLDFAST_SEED: seed = '20261129' } = process.env
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })
