import type { z } from 'zod'
import type { CheckpointSigner } from './checkpoints.ts'
import type { MasterKeys } from './master-keys.ts'
import { Problem } from './problem.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { SshAuthorities } from './ssh/authorities.ts'
import type { SshSigner } from './ssh/signer.ts'

export interface Services {
  masterKeys: MasterKeys
  signingKeys: SigningKeys
  checkpoints: CheckpointSigner
  sshAuthorities: SshAuthorities
  sshSigner: SshSigner
  startedAtMs: number
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** For matching and, as written, for the log: parameters are not logged. */
  path: RegExp
  name: string
  handle(services: Services, body: unknown, parameters: readonly string[]): Promise<unknown>
}

/** What is wrong, without what was sent. */
export const issuesOf = ({ issues }: z.ZodError) =>
  issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message }))

export const parse = <T extends z.ZodType>(schema: T, body: unknown): z.output<T> => {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new Problem('malformed_request', 'the request has not the expected shape', { errors: issuesOf(result.error) })
}
