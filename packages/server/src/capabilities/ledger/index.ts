import './table.ts'
import type { Capability } from '../../kernel/capability.ts'
import { checkpointNow, checkpointSchedule, deliver } from './delivery.ts'
import { promises } from './promises.ts'
import { activity, checkpoints, head, list, read } from './queries.ts'
import { exportChain, verify } from './streams.ts'
import { addWitness, checkpoint, removeWitness, witnesses } from './witnesses.ts'

/** The hash-chained ledger, its checkpoints and where they are kept (L1–L3). */
export const ledger: Capability = {
  handlers: [list, read, head, activity, checkpoints, exportChain, verify, checkpoint, witnesses, addWitness, removeWitness],
  jobs: [checkpointNow, deliver],
  schedules: [checkpointSchedule],
  promises,
}
