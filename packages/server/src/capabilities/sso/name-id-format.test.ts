/** What a SAML connection asks the NameID to be, and that nobody becomes somebody else when a provider begins to name people otherwise. */
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session, sso, type SamlSettings } from '@holdfast/contract'
import { nameIdFormats } from '@holdfast/saml'
import { registerSamlPages } from '../../kernel/http/saml-pages.ts'
import { newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import {
  askedBy,
  createSaml,
  lastRefusal,
  samlAnswer,
  samlFor,
  samlSignIn,
  testSaml,
  type SamlSignOn,
} from '../../../test/saml.ts'

const emailAddress = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

let platform: Platform
let founded: FoundedPlatform
let signOn: SamlSignOn
const app = fastify()
beforeAll(async () => {
  platform = await startPlatform()
  registerSamlPages(app, { ...platform.composition.path, index: '<html></html>' })
  founded = await platform.found()
}, 60_000)
afterAll(async () => {
  await app.close()
  await platform.close()
})

const settingsOf = async (): Promise<SamlSettings> => {
  const { connections } = await platform.call(sso.read, {}, founded.owner)
  const settings = connections.find(({ id }) => id === signOn.connectionId)?.settings
  if (settings?.kind !== 'saml') throw new Error('no such connection')
  return settings
}
const update = async (settings: Partial<SamlSettings>) =>
  ({ id: signOn.connectionId, settings: { ...(await settingsOf()), ...settings } }) as const
const ask = async (nameIdFormat: SamlSettings['nameIdFormat']) =>
  platform.call(sso.update, await update({ nameIdFormat }), founded.owner)
const requested = async (): Promise<string | null> => {
  const { url } = await platform.call(session.beginSignOn, { domain: signOn.domain }, newCaller())
  return /<samlp:NameIDPolicy AllowCreate="true" Format="([^"]+)"\/>/.exec(askedBy(url).xml)?.[1] ?? null
}
const refusedFor = async (name: string, nameIdFormat: string | null): Promise<string> => {
  const caller = newCaller()
  const parameters = await samlAnswer(platform, signOn, name, caller, { nameIdFormat })
  const input = { connectionId: signOn.connectionId, parameters }
  expect(await platform.refusal(session.finishSignOn, input, caller)).toBe('sign_on_refused')
  return lastRefusal(platform, founded.owner)
}
const whoIs = async (name: string, nameIdFormat?: string): Promise<string> => {
  const { caller } = await samlSignIn(platform, signOn, name, nameIdFormat === undefined ? {} : { nameIdFormat })
  return (await platform.call(session.current, {}, caller)).person.id
}
/** As rows are from before formats were kept. */
const forgetFormats = () =>
  platform.arrange(founded.orgId, 'update sso_identity set name_id_format = null where connection_id = $1', [signOn.connectionId])
const formats = async (): Promise<(string | null)[]> => {
  const { rows } = await platform.admin.query<{ format: string | null }>(
    'select name_id_format as format from sso_identity where connection_id = $1',
    [signOn.connectionId],
  )
  return rows.map(({ format }) => format)
}

describe('what requests ask for', () => {
  beforeAll(async () => {
    signOn = await samlFor(platform, founded.owner)
  }, 30_000)

  test('a persistent name, of a new connection; what is chosen, of any; nothing, where that is chosen', async () => {
    expect(await requested()).toBe(nameIdFormats.persistent)
    await ask('unspecified')
    expect(await requested()).toBe(nameIdFormats.unspecified)
    const { body } = await app.inject(`/sso/metadata/${signOn.connectionId}`)
    expect(body).toContain(`<md:NameIDFormat>${nameIdFormats.unspecified}<`)
    await ask(null)
    expect(await requested()).toBeNull()
  })

  test('nothing, of a connection from before there was a choice; and a change that does not speak of it leaves it so', async () => {
    await platform.arrange(founded.orgId, `update sso_connection set settings = settings - 'nameIdFormat' where id = $1`, [
      signOn.connectionId,
    ])
    expect(await requested()).toBeNull()
    const { nameIdFormat: _, ...rest } = await settingsOf()
    const settings = { ...rest, mfaValues: ['urn:strong'] }
    await platform.call(sso.update, { id: signOn.connectionId, settings }, founded.owner)
    expect(await settingsOf()).toMatchObject({ nameIdFormat: null, mfaValues: ['urn:strong'] })
    expect(await requested()).toBeNull()
  })

  test('saving what is there already needs no new test', async () => {
    await testSaml(platform, founded.owner, signOn)
    const settings = await settingsOf()
    const saved = await platform.call(sso.update, { id: signOn.connectionId, name: 'Same', settings }, founded.owner)
    expect(saved.testedAt).not.toBeNull()
  })
})

describe('a name in another format', () => {
  beforeAll(async () => {
    signOn = await samlFor(platform, founded.owner)
  }, 30_000)

  test('than was asked for is refused, also where the text is somebody’s', async () => {
    const nora = await whoIs('nora')
    expect(await refusedFor('nora', emailAddress)).toMatch(/^Not so: The NameID has the format that was asked for/)
    // Where nothing is asked for this fence is not there; the next one is, and without that too the text alone decides.
    await ask(null)
    expect(await refusedFor('nora', emailAddress)).toContain('another Name ID format than before')
    await forgetFormats()
    expect(await whoIs('nora', emailAddress)).toBe(nora)
    await forgetFormats()
  })

  test('is noted at the next sign-in of somebody who came before formats were kept, and then counts', async () => {
    await whoIs('nora')
    expect(await formats()).toEqual([nameIdFormats.persistent])
    expect(await refusedFor('nora', null)).toContain('another Name ID format than before')
  })

  test('cannot be asked for once people came; the one they came by, and none, can', async () => {
    expect(await platform.refusal(sso.update, await update({ nameIdFormat: 'unspecified' }), founded.owner)).toBe('format_stays')
    await ask('persistent')
    await ask(null)
    // Without the memory of what they came by, nothing would stand in the way.
    await forgetFormats()
    await ask('unspecified')
    await ask('persistent')
    expect(await whoIs('nora')).toMatch(/^pe_/)
  })

  test('brings nobody to a colleague’s account, and makes nobody new: by another name the address is known already', async () => {
    const caller = newCaller()
    const parameters = await samlAnswer(platform, signOn, 'nora', caller, { nameId: 'named-anew' })
    const input = { connectionId: signOn.connectionId, parameters }
    expect(await platform.refusal(session.finishSignOn, input, caller)).toBe('sign_on_refused')
    expect(await lastRefusal(platform, founded.owner)).toContain('Somebody else signs in with that e-mail address')
  })
})

test('the test of a connection fails where its provider names people otherwise than before, and passes where it does not', async () => {
  signOn = await samlFor(platform, founded.owner)
  await samlSignIn(platform, signOn, 'tester')
  await ask(null)
  for (const said of [{ nameId: 'named-anew' }, { nameIdFormat: emailAddress }]) {
    const report = await testSaml(platform, founded.owner, signOn, said)
    expect(report.passed).toBe(false)
    expect(report.checks.filter(({ passed, needed }) => needed && !passed)).toMatchObject([
      { name: 'It names nobody otherwise than before' },
    ])
  }
  const { connections } = await platform.call(sso.read, {}, founded.owner)
  expect(connections.find(({ id }) => id === signOn.connectionId)?.testedAt).toBeNull()
  expect(await testSaml(platform, founded.owner, signOn)).toMatchObject({ passed: true })
})

test('another connection to the same provider recognises everybody anew, whatever it asks for', async () => {
  const first = signOn
  const nora = await whoIs('nora')
  const second = await createSaml(platform, founded.owner, first.keys, {
    settings: { kind: 'saml', nameIdFormat: 'unspecified' },
  })
  signOn = { ...first, connectionId: second.id, entityId: second.entityId ?? '', acsUrl: second.redirectUri }
  expect(await testSaml(platform, founded.owner, signOn, { nameIdFormat: nameIdFormats.unspecified })).toMatchObject({
    passed: true,
  })
  await platform.call(sso.activate, { id: second.id }, founded.owner)
  await platform.call(sso.routeDomain, { domain: first.domain, connectionId: second.id }, founded.owner)
  expect(await whoIs('nora', nameIdFormats.unspecified)).toBe(nora)
})
