import { castEventsOf, operations, type CastEvent, type InputOf, type OutputOf } from '@holdfast/contract'
import { requireEntryForAll } from '../test/machine.ts'
import { eventually, type ManagedHost } from '../test/managed-host.ts'
import { bringHost, startOrganisation, type Organisation } from './organisation.ts'

type Recording = OutputOf<typeof operations.recording.read>
type HostId = InputOf<typeof operations.host.read>['id']

/** Two real sshds, one the bastion and one the target behind it, in the care of two agents, and the real system. */
export interface BastionWorld {
  organisation: Organisation
  bastion: ManagedHost
  target: ManagedHost
  targetId: HostId
  bastionId: HostId
  call: Organisation['asker']['browser']['call']
  /** A grant behind the bastion that runs, and a certificate of its person. */
  given(seconds?: number): Promise<{ id: Recording['grantId']; certificate: string; login: string }>
  recordingOf(grantId: Recording['grantId'], state: Recording['state']): Promise<Recording>
  eventsOf(id: Recording['id']): Promise<CastEvent[]>
  /** What it showed. */
  textOf(id: Recording['id']): Promise<string>
  verified(id: Recording['id']): Promise<OutputOf<typeof operations.recording.verify>>
  close(): Promise<void>
}

export const createBastionWorld = async (): Promise<BastionWorld> => {
  requireEntryForAll()
  const organisation = await startOrganisation()
  const { host: bastion, hostId: bastionId } = await bringHost(organisation, 'bastion', true)
  const { host: target, hostId: targetId } = await bringHost(organisation, 'web-1')
  await organisation.allow(targetId, target.login, bastionId)

  const call: BastionWorld['call'] = (operation, input) => organisation.asker.browser.call(operation, input)
  const eventsOf: BastionWorld['eventsOf'] = async (id) => {
    const { chunks } = (await call(operations.recording.events, { id })).value
    return chunks.flatMap(({ content }) => castEventsOf(content) ?? [])
  }
  return {
    ...{ organisation, bastion, target, targetId, bastionId, call, eventsOf },
    async given(seconds = 600) {
      const id = await organisation.grant(targetId, target.login, seconds)
      // The code that was entered when it was asked for is minutes old at most.
      const { value } = await call(operations.grant.certificate, { id, publicKey: bastion.userKey })
      if (value.recordedBy !== 'bastion') throw new Error('the grant does not lead through the bastion')
      return { id: value.id, certificate: value.certificate, login: value.login }
    },
    recordingOf: (grantId, state) =>
      eventually(`a recording that is ${state}`, async () => {
        const { rows } = (await call(operations.recording.list, { grantId })).value
        return rows.find((row) => row.state === state)
      }),
    textOf: async (id) => (await eventsOf(id)).map(([, kind, text]) => (kind === 'o' ? text : '')).join(''),
    verified: async (id) => (await call(operations.recording.verify, { id })).value,
    async close() {
      await bastion.close()
      await target.close()
      await organisation.close()
    },
  }
}
