/** Certificates (C6): one place makes them, and what it does when something is wrong. */
import { apiKey, grant } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
}, 60_000)
afterAll(() => stage?.platform.close())

describe('certificates', () => {
  test('not one without its entry: where the ledger cannot be written, none leaves', async () => {
    const { platform, sre } = stage
    const { grant: given } = await stage.give()
    const code = await stage.code(sre)
    await platform.admin.query('revoke execute on function ledger_append(jsonb) from holdfast_app')
    try {
      await expect(platform.call(grant.certificate, { id: given.id, publicKey: newSshKey(), code }, sre.caller)).rejects.toThrow()
    } finally {
      await platform.admin.query('grant execute on function ledger_append(jsonb) to holdfast_app')
    }
    expect((await platform.call(grant.read, { id: given.id }, sre.caller)).certificates).toEqual([])
  })

  test('many at once: every serial another, at most fifty for a grant', async () => {
    const { platform, sre, founded } = stage
    const { grant: given } = await stage.give()
    await platform.call(grant.certificate, { id: given.id, publicKey: newSshKey(), code: await stage.code(sre) }, sre.caller)
    const got = await Promise.allSettled(
      Array.from({ length: 60 }, () => platform.call(grant.certificate, { id: given.id, publicKey: newSshKey() }, sre.caller)),
    )
    const serials = got.flatMap((one) => (one.status === 'fulfilled' ? [one.value.serial] : []))
    expect(new Set(serials).size).toBe(49)
    expect(got.filter((one) => one.status === 'rejected' && one.reason.code === 'too_many_certificates')).toHaveLength(11)
    const insert = `insert into grant_certificate (org_id, serial, grant_id, key_fingerprint, issued_at, valid_before) values ($1, $2, $3, 'x', now(), now())`
    await expect(platform.admin.query(insert, [founded.orgId, serials[0], given.id])).rejects.toThrow(/duplicate key/)
  })

  test('a clock that is wrong by an hour gives nobody more time', async () => {
    const { platform, sre } = stage
    const { grant: given } = await stage.give()
    const { key } = await platform.call(apiKey.create, { name: 'clock', role: 'member' }, await stage.stepped(sre)) // sessions would not survive it
    platform.clock.advance(-3_600_000) // the application believes that the grant has an hour more
    try {
      await platform.arrange(
        stage.founded.orgId,
        `update access_grant set starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '40 minutes' where id = $1`,
        [given.id],
      )
      const input = { id: given.id, publicKey: newSshKey(), code: await stage.code(sre) }
      expect(await platform.refusal(grant.certificate, input, newCaller({ apiKey: key }))).toBe('grant_not_live') // the key server has a clock of its own
    } finally {
      platform.clock.advance(3_600_000)
    }
  })
})
