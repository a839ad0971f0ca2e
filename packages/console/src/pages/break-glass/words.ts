import type { breakGlass, OutputOf } from '@holdfast/contract'

export type Use = OutputOf<typeof breakGlass.list>['rows'][number]
