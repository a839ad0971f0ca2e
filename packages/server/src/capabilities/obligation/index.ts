import type { Capability } from '../../kernel/capability.ts'
import { reconcile, repair, wake } from '../../kernel/obligation/jobs.ts'
import { pause, rebase, resume, setCalendar } from './commands.ts'
import { list, mine, read, readCalendar } from './queries.ts'

/** What is due, for whom, when. The clock itself is the kernel's: every capability's deadlines run by it. */
export const obligation: Capability = {
  handlers: [mine, list, read, rebase, pause, resume, readCalendar, setCalendar],
  jobs: [wake],
  schedules: [reconcile, repair],
}
