import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { allOperations } from '@holdfast/contract'
import { describe, expect, it } from 'vitest'
import { kebab } from '../src/flags.ts'
import type { Io } from '../src/io.ts'
import { createProgram, offered } from '../src/program.ts'
import { holdfast, scratch } from './terminal.ts'

const run = promisify(execFile)
const bin = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
const vector = fileURLToPath(new URL('../../ledger/vectors/export.jsonl', import.meta.url))

interface Ended {
  code: number
  stdout: string
  stderr: string
}
const spawned = (
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> =>
  run(command, args, { timeout: 60_000, ...options }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  )

/** Commands that a document names and that do not exist, and options that they do not have. */
const unknownIn = (program: Command, text: string): string[] =>
  [...text.matchAll(/(?:^ *|`|npx |\| )holdfast ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?([^\n`]*)/gm)].flatMap(
    ([, noun, verb, rest = '']) => {
      const found = program.commands.find((each) => each.name() === noun)
      if (!found) return [noun ?? '']
      const command = found.commands.find((each) => each.name() === verb)
      if (!command && found.commands.length > 0 && verb) return [`${noun} ${verb}`]
      const known = ['--help', ...(command ?? found).options.map(({ long }) => long)]
      const given = (rest.split(/ -- |#|\|/)[0] ?? '').match(/--[a-z][a-z0-9-]*/g) ?? []
      return given.filter((option) => !known.includes(option)).map((option) => `${noun} ${verb ?? ''} ${option}`)
    },
  )

describe('the command tree', () => {
  const program = createProgram({ env: {}, columns: 100 } as Io)

  it('has a verb for every operation that a key may call', () => {
    for (const operation of allOperations.filter(offered)) {
      const [noun = '', verb = ''] = operation.name.split('.').map(kebab)
      const command = program.commands.find((each) => each.name() === noun)?.commands.find((each) => each.name() === verb)
      expect(command?.description(), operation.name).toBe(operation.summary)
    }
  })

  it('says in words what each noun is about', () => {
    const wordless = program.commands.filter((each) => each.commands.length > 0 && kebab(each.description()) === each.name())
    expect(wordless.map((each) => each.name()).filter((name) => !['database', 'policy'].includes(name))).toEqual([])
  })

  it('sends to the console for what needs a person there', async () => {
    const { code, stderr } = await holdfast(['api-key', 'create'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "holdfast: unknown command 'create'\n  api-key create needs you in person: do it in the console.\n",
    })
    expect((await holdfast(['api-key', 'creat'])).stderr).not.toContain('console')
  })

  it('has every command that the documents and the README name, with their options', () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const files = [...globSync('docs/{cli.md,operations/*.md}', { cwd: root }), 'README.md']
    const wrong = files.flatMap((file) =>
      unknownIn(program, readFileSync(join(root, file), 'utf8')).map((line) => `${file}: ${line}`),
    )
    expect(files.length).toBeGreaterThan(10)
    expect(wrong).toEqual([])
    expect(unknownIn(program, '`holdfast policy lst`, `holdfast policy list --stat x`, `holdfast polcy`')).toHaveLength(3)
  })

  it('leaves out what needs a browser’s session', () => {
    expect(allOperations.filter((operation) => !offered(operation)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['session.signIn', 'session.refresh', 'apiKey.create', 'factor.enrolTotp', 'ledger.export']),
    )
  })

  it('gives no field the name of one of our own options', () => {
    const ours = new Set(['json', 'input', 'all', 'url', 'ca', 'out', 'help'])
    for (const { name, input } of allOperations.filter(offered)) {
      expect(
        Object.keys(input.shape).filter((field) => ours.has(field)),
        name,
      ).toEqual([])
    }
  })

  it('leaves --version to a verb that has a field of that name', async () => {
    const { stdout } = await holdfast(['access-policy', 'update', '--version', '3'])
    expect(stdout).not.toContain('0.1.0')
    expect((await holdfast(['--version'])).stdout).toBe('0.1.0\n')
  })

  const every = program.commands.flatMap((command) => [
    [command.name()],
    ...command.commands.map((inner) => [command.name(), inner.name()]),
  ])
  it.each(every.filter(([first]) => first !== 'start').map((argv) => [argv.join(' '), argv] as const))(
    '%s --help explains itself',
    async (_, argv) => {
      const { code, stdout, stderr } = await holdfast([...argv, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`Usage: holdfast ${argv.join(' ')}`)
      const tooWide = stdout.split('\n').filter((line) => line.length > 100 && !line.startsWith('  holdfast '))
      expect(tooWide, 'but for examples, which are copied whole').toEqual([])
    },
  )

  it('shows an example with everything that is required', async () => {
    const { stdout } = await holdfast(['policy', 'approve', '--help'])
    expect(stdout).toContain('holdfast policy approve --id <id> --sha256 <sha256>')
    expect(stdout).toContain('Needs policy:approve: owner, admin, reviewer.')
    expect(stdout).toContain('Recorded in the ledger as policy.approved.')
  })
})

describe('wrong usage', () => {
  it.each([
    [[]],
    [['polcy']],
    [['policy']],
    [['policy', 'lst']],
    [['policy', 'list', '--nonsense']],
    [['policy', 'list', '--limit']],
    [['policy', 'list', '--limit', 'ten']],
    [['policy', 'list', '--limit', '1000']],
    [['policy', 'list', '--state', 'lost']],
    [['policy', 'list', 'extra']],
    [['policy', 'read']],
    [['policy', 'read', '--id', 'pe_01j9zq4w7e8r9t0v1x2y3z4a5b']],
    [['completion', 'tcsh']],
    [['session', 'sign-in']],
  ])('%j ends with 2 and a word about it on stderr', async (argv) => {
    const { code, stdout, stderr } = await holdfast(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toBe('')
  })
})

describe('the program as it is installed', () => {
  it('runs through a link, from another directory, without anything in its environment', async () => {
    const home = scratch()
    symlinkSync(bin, join(home, 'holdfast'))
    const env = { PATH: dirname(process.execPath) }
    expect(await spawned(join(home, 'holdfast'), ['--version'], { cwd: home, env })).toMatchObject({ code: 0, stdout: '0.1.0\n' })
    expect(await spawned(join(home, 'holdfast'), ['ledger', 'verify', vector], { cwd: home, env })).toMatchObject({ code: 0 })
  })

  it('hands over to the pinned Node when an older one starts it', async () => {
    const home = scratch()
    // An older Node, as far as our launcher can tell: same program, another version in process.versions.
    const pretend = join(home, 'pretend.cjs')
    writeFileSync(pretend, `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`)
    const { code, stdout } = await spawned(process.execPath, ['--require', pretend, bin, 'ledger', 'verify', vector, '--json'])
    expect({ code, ok: (JSON.parse(stdout) as { ok: boolean }).ok }).toEqual({ code: 0, ok: true })
    expect(
      (await spawned(process.execPath, ['--require', pretend, bin, 'ledger', 'verify', '/no/such'])).code,
      'its exit code too',
    ).toBe(2)
  })

  it('verifies certificates whatever the environment says', async () => {
    const { startTestServer } = await import('./test-server.ts')
    const server = await startTestServer({ 'setup.state': () => ({ body: { needed: true, demo: false } }) })
    try {
      const env = {
        PATH: process.env.PATH,
        XDG_CONFIG_HOME: scratch(),
        HOLDFAST_HOME: '/nonexistent',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      }
      const bare = await spawned(process.execPath, [bin, 'setup', 'state', '--url', server.url], { env })
      expect(bare).toMatchObject({ code: 3, stderr: expect.stringContaining('is not trusted') as string })
      const given = await spawned(process.execPath, [bin, 'setup', 'state', '--url', server.url, '--ca', server.ca], { env })
      expect(given).toMatchObject({ code: 0, stdout: 'needed  yes\ndemo    no\n' })
    } finally {
      await server.close()
    }
  })

  it('says in a sentence that its output cannot be written', async () => {
    const ended = await spawned('bash', ['-c', `"${process.execPath}" "${bin}" completion bash > /dev/full`])
    expect(ended).toMatchObject({ code: 1, stderr: 'holdfast: cannot write to stdout: no space is left (ENOSPC)\n' })
  })

  it('ends quietly when the reader of its output has gone', async () => {
    const script = `"${process.execPath}" "${bin}" completion bash | head -n 1; echo "\${PIPESTATUS[0]}"`
    expect(await spawned('bash', ['-c', script])).toMatchObject({
      code: 0,
      stdout: '# bash completion of holdfast\n0\n',
      stderr: '',
    })
  })
})

/** What bash offers for a command line; the last word is the one being typed. */
const offersOfBash = async (line: readonly string[], before = ''): Promise<string[]> => {
  const { stdout: script } = await holdfast(['completion', 'bash'])
  const words = ['holdfast', ...line].map((word) => `'${word}'`).join(' ')
  const test = `${script}\n${before}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length}; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p holdfast`
  const lines = execFileSync('bash', ['--norc', '-c', test]).toString().trim().split('\n')
  expect(lines.pop()).toBe('complete -o default -F _holdfast holdfast')
  return lines.filter(Boolean)
}

describe('completion in bash', () => {
  it.each<[string[], string[]]>([
    [['pol'], ['policy']],
    [['ledger', 'ver'], ['verify']],
    [['ledger', 'verify', '--ch'], ['--checkpoint']],
    [['policy', 'list', '--state', 'pub'], ['published']],
    [
      ['policy', 'list', '--state', ''],
      ['draft', 'in_review', 'approved', 'published', 'superseded', 'rejected'],
    ],
    [['policy', 'create', '--title', 'list', '--form'], ['--format']],
    [['policy', 'update', '--no'], ['--no-required-at-once']],
    [['completion', 'z'], ['zsh']],
    [['ledger', 'verify', ''], []],
    [['ledger', 'export', '--out', ''], []],
    [['nonsense', ''], []],
  ])('%j → %j', async (line, expected) => {
    const offers = await offersOfBash(line)
    if (line[0] === 'nonsense') expect(offers).toContain('policy')
    else expect(offers).toEqual(expected)
  })
})

describe('completion of what the server knows', () => {
  const server = 'holdfast() { [[ "$1" == complete ]] && echo "offered-$2"; }'
  const offers = async (line: readonly string[]) => offersOfBash(line, server)

  it.each<[string[], string[]]>([
    [['ssh', ''], ['offered-hosts']],
    [['ssh', '--pri'], ['--print-config']],
    [['approve', 'off'], ['offered-requests']],
    [['grant', 'return', '--id', ''], ['offered-grants']],
    [['host', 'retire', '--id', ''], ['offered-host-ids']],
    [['policy', 'read', '--id', ''], []],
    [['compl'], ['completion']],
  ])('%j → %j', async (line, expected) => {
    expect(await offers(line)).toEqual(expected)
  })
})

describe('completion in zsh', () => {
  it('loads, and registers itself', async () => {
    const home = scratch()
    writeFileSync(join(home, '_holdfast'), (await holdfast(['completion', 'zsh'])).stdout)
    const script = `fpath=(${home} $fpath); autoload -U compinit; compinit -u -d ${home}/dump; print $_comps[holdfast]; autoload +X _holdfast && print loaded`
    expect(execFileSync('zsh', ['-fc', script]).toString()).toBe('_holdfast\nloaded\n')
  })
})

const fish = 'fish'
describe('completion in fish', () => {
  it('offers commands, options and choices', async () => {
    const home = scratch()
    mkdirSync(join(home, 'fish'))
    // fish completes the options of commands that exist.
    writeFileSync(join(home, 'holdfast'), '#!/bin/sh\n[ "$1 $2 $3" = "complete hosts --describe" ] && printf "web-1\\ttest\\n"\n')
    chmodSync(join(home, 'holdfast'), 0o755)
    writeFileSync(join(home, 'holdfast.fish'), (await holdfast(['completion', 'fish'])).stdout)
    const ask = (line: string) =>
      execFileSync(fish, ['--no-config', '-c', `source ${home}/holdfast.fish; complete -C '${line}'`], {
        env: { HOME: home, XDG_CONFIG_HOME: home, PATH: `${home}:/usr/bin:/bin` },
      })
        .toString()
        .trim()
        .split('\n')
        .map((offer) => offer.split('\t')[0])
    expect(ask('holdfast pol')).toEqual(['policy'])
    expect(ask('holdfast ledger ver')).toEqual(['verify'])
    expect(ask('holdfast policy list --state pub')).toEqual(['published'])
    expect(ask('holdfast ssh we')).toEqual(['web-1'])
    expect(ask('holdfast policy create --rev')).toEqual(['--review-every-days'])
  })
})

it('the program that npm links is there', () => {
  expect(existsSync(bin)).toBe(true)
})
