import type { OrgTx } from '../tenancy/org-tx.ts'
import { defaultCalendar, type Calendar } from './calendar.ts'
import './tables.ts'

/** The latest setting of the organisation's calendar; undefined: nobody has set one. */
export const latestCalendar = (tx: OrgTx) =>
  tx
    .selectFrom('businessCalendar')
    .select(['version', 'timeZone', 'weekdays', 'holidays', 'setBy', 'setAt'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The working days to count by, and the number of their setting; 0: the default. */
export const calendarOf = async (tx: OrgTx): Promise<Calendar & { version: number }> => {
  const found = await latestCalendar(tx)
  if (!found) return { ...defaultCalendar, version: 0 }
  const { version, timeZone, weekdays, holidays } = found
  return { version, timeZone, weekdays, holidays: new Set(holidays.map(({ on }) => on)) }
}
