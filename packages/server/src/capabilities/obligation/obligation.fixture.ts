/** A platform with obligations of three kinds, and a clock to move; for the tests of the clock and of what people do with it. */
import {
  apiKey,
  businessDays,
  hours,
  minutes,
  obligation,
  obligations,
  type Obligation,
  type OrgId,
  type Role,
} from '@holdfast/contract'
import { addMember, newCaller, startPlatform, type Caller, type Platform } from '../../../test/platform.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { mailPlace, mailScope } from '../../kernel/mail.ts'
import { obligationsIn, type OpeningOf } from '../../kernel/obligation/obligations.ts'
import { changeAs, readIn } from '../../kernel/unit.ts'

export const hour = 3_600_000

export const report = obligation({
  ...{ name: 'test.report', title: 'Write the report', about: 'test', page: '/test/:subject', owedBy: 'person' },
  within: hours(48),
  warn: [hours(24), hours(2)],
  escalate: [{ after: hours(1), to: 'admin' }],
})
export const triage = obligation({
  ...{ name: 'test.triage', title: 'Triage', about: 'test', page: '/test/:subject', owedBy: 'role' },
  ...{ within: businessDays(1), warn: [hours(4)], escalate: [{ after: hours(0), to: 'owner' }] },
})
export const review = obligation({
  ...{ name: 'test.review', title: 'Review', about: 'test', page: '/test/:subject', owedBy: 'person' },
  ...{ within: minutes(15), firm: true },
})

let subjects = 0
export const newSubject = (): string => `te_${++subjects}`

/** The tests let months pass, and sessions end; keys last. */
const keyOf = async (platform: Platform, caller: Caller, role: Role): Promise<Caller> => {
  const { key } = await platform.call(apiKey.create, { name: 'Clock', role, days: 365 }, caller)
  return newCaller({ apiKey: key })
}

/** Every mail after `past`, opened. */
const mailsAfter = (
  { services }: Platform,
  orgId: OrgId,
  past: string,
): Promise<{ to: string; subject: string; text: string }[]> =>
  readIn(services.ground, orgId, null, async ({ tx, vault }) => {
    const rows = await tx.selectFrom('mail').selectAll().where('id', '>', past).orderBy('id').execute()
    return Promise.all(
      rows.map(async ({ id, personId, toSealed, subjectSealed, textSealed }) => {
        const opened = (column: 'to_sealed' | 'subject_sealed' | 'text_sealed', sealed: Buffer) =>
          vault.openText(mailScope(personId), mailPlace(column, id), sealed)
        return {
          to: await opened('to_sealed', toSealed),
          subject: await opened('subject_sealed', subjectSealed),
          text: await opened('text_sealed', textSealed ?? Buffer.alloc(0)),
        }
      }),
    )
  })

export type Bench = Awaited<ReturnType<typeof startBench>>

export const startBench = async () => {
  const platform = await startPlatform()
  const founded = await platform.found()
  const { orgId } = founded
  const owner = await keyOf(platform, founded.owner, 'owner')
  const admin = await addMember(platform, founded, 'admin', 'Ada Admin')
  const member = await addMember(platform, founded, 'member', 'Max Member')
  const memberKey = await keyOf(platform, member.caller, 'member')
  let lastMail = ''

  const open = async <K extends Obligation>(kind: K, opening: OpeningOf<K>): Promise<string> => {
    const done = await changeAs(platform.services.ground, 'test', orgId, async (unit) => {
      const value = await obligationsIn(unit, platform.services.clock.now()).open(kind, opening)
      return { value, action: 'test.opened', targetId: value }
    })
    return done?.value ?? ''
  }
  const read = (id: string) => platform.call(obligations.read, { id }, owner)
  /** Lets time pass, and the clock act. Returns how many steps it took. */
  const pass = async (ms: number): Promise<number> => {
    platform.clock.advance(ms)
    return runDue(platform.services, orgId)
  }
  return {
    ...{ platform, founded, orgId, owner, admin, member, memberKey, open, read, pass },
    openReport: (subject = newSubject()): Promise<string> =>
      open(report, { subject, label: 'Incident 7', person: member.personId }),
    historyOf: async (id: string): Promise<string[]> => (await read(id)).events.map(({ kind }) => kind),
    entriesAbout: async (id: string): Promise<string[]> => {
      const { rows } = await platform.admin.query<{ action: string }>(
        `select body::jsonb ->> 'action' as action from ledger where org_id = $1 and body::jsonb #>> '{target,id}' = $2 order by seq`,
        [orgId, id],
      )
      return rows.map(({ action }) => action)
    },
    /** The mails of the test so far. */
    mails: () => mailsAfter(platform, orgId, lastMail),
    /** Each test begins with nothing due and no mail. */
    settle: async (): Promise<void> => {
      await pass(200 * hour)
      lastMail = (await platform.admin.query<{ id: string }>(`select coalesce(max(id), '') as id from mail`)).rows[0]?.id ?? ''
    },
  }
}
