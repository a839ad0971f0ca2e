import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const packages = join(import.meta.dirname, '../../..')
/** Answered by the server itself. */
const noPage = /^\/(api|scim|sso\/metadata)\b/

test('every address that a mail or an answer of the server leads people to is a page', () => {
  const routes = [...readFileSync(join(packages, 'console/src/shell/routes.ts'), 'utf8').matchAll(/path: '([^']+)'/g)].map(
    ([, path = '']) => new RegExp(`^${path.replace(/\$\w+/g, '[^/]+')}$`),
  )
  const files = readdirSync(join(packages, 'server/src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  const links = files.flatMap((name) =>
    [...readFileSync(join(packages, 'server/src', name), 'utf8').matchAll(/publicUrl\}(\/(?:\$\{\w+\}|[\w/-])+)/g)].map(
      ([, path = '']) => path.replace(/\$\{\w+\}/g, 'x').replace(/\/$/, ''),
    ),
  )
  expect(links.length).toBeGreaterThan(15)
  expect(links.filter((path) => !noPage.test(path) && !routes.some((route) => route.test(path)))).toEqual([])
})
