import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

// One PostgreSQL serves every test file; the setup makes a template database once (packages/server/test/global-setup.ts).
const database = './packages/server/test/global-setup.ts'
const globalSetup = existsSync(new URL(database, import.meta.url)) ? [database] : []
// Tests in the browser that use a real host.
const onHosts = ['packages/console/e2e/{servers,recordings}.e2e.test.ts']
// Which inputs property tests try.
const setupFiles = ['./scripts/lib/properties.ts']
const skipped = ['**/node_modules/**', '**/dist/**']

export default defineConfig({
  test: {
    pool: 'forks',
    // Two cores are the smallest machine we promise to work on: more workers only wait for each other there.
    maxWorkers: 2,
    watch: false,
    passWithNoTests: false,
    // What is waited for comes in its own time on a busy machine; tests that promise a time say which.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          setupFiles,
          include: ['packages/{contract,ledger,crypto,saml,console}/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: skipped,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          setupFiles,
          include: ['packages/{server,keyserver,cli}/{src,test}/**/*.test.ts', 'packages/server/scripts/**/*.test.ts'],
          exclude: skipped,
          globalSetup,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'agent',
          include: ['packages/agent/{src,test}/**/*.test.ts'],
          exclude: skipped,
          // Each file has an sshd, accounts and control groups of its own; deadlines are measured, so one file at a time.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['packages/{console,server}/e2e/**/*.test.ts'],
          exclude: [...skipped, ...onHosts],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['packages/{agent,cli}/e2e/**/*.test.ts', ...onHosts],
          exclude: skipped,
          // An sshd, an agent and the whole system each, with deadlines that are measured: one file at a time, after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
