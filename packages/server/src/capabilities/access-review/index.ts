import type { Capability } from '../../kernel/capability.ts'
import { decide } from './deciding.ts'
import { exportCsv, exportJson } from './exporting.ts'
import { begin, gather } from './gathering.ts'
import { items, list, read } from './queries.ts'
import { complete, refresh } from './refreshing.ts'
import { upkeep } from './upkeep.ts'

/** Who has access to what, and whether they still should (C1). */
export const accessReview: Capability = {
  handlers: [begin, list, read, items, decide, refresh, complete, exportCsv, exportJson],
  jobs: [gather],
  schedules: [upkeep],
}
