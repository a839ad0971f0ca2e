import type { Handler } from '../../kernel/handle.ts'
import { complete } from './commands.ts'
import { state } from './queries.ts'

export const handlers: Handler[] = [complete, state]
