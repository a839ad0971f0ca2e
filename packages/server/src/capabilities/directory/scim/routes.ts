import type { InsideHandler } from '../../../kernel/handle.ts'
import * as groups from './groups.ts'
import * as users from './users.ts'

/** What a request says, wherever it stands in it. */
export interface Said {
  query: unknown
  params: unknown
  body: unknown
}
type Input = (request: Said) => Record<string, unknown>
const query = (request: Said): Record<string, unknown> => ({ ...(request.query as Record<string, unknown>) })
const id = (request: Said): Record<string, unknown> => ({ ...(request.params as Record<string, unknown>) })
const fromQuery: Input = (request) => ({ ...query(request), ...id(request) })
const fromBody =
  (name: 'resource' | 'changes'): Input =>
  (request) => ({ ...query(request), ...id(request), [name]: request.body ?? null })

/** Each operation at the address that RFC 7644 gives it. */
export const scimRoutes: readonly [
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  handler: InsideHandler,
  input: Input,
  status: number,
][] = [
  ['GET', '/Users', users.listUsers, fromQuery, 200],
  ['POST', '/Users', users.createUser, fromBody('resource'), 201],
  ['GET', '/Users/:id', users.readUser, fromQuery, 200],
  ['PUT', '/Users/:id', users.replaceUser, fromBody('resource'), 200],
  ['PATCH', '/Users/:id', users.changeUser, fromBody('changes'), 200],
  ['DELETE', '/Users/:id', users.removeUser, id, 204],
  ['GET', '/Groups', groups.listGroups, fromQuery, 200],
  ['POST', '/Groups', groups.createGroup, fromBody('resource'), 201],
  ['GET', '/Groups/:id', groups.readGroup, fromQuery, 200],
  ['PUT', '/Groups/:id', groups.replaceGroup, fromBody('resource'), 200],
  ['PATCH', '/Groups/:id', groups.changeGroup, fromBody('changes'), 200],
  ['DELETE', '/Groups/:id', groups.removeGroup, id, 204],
]
