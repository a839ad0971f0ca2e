/** Samples of recorded sessions (C7): a bastion, a grant behind it, and recordings in the state that each operation needs. */
import { agent, host, recording, type OutputOf } from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { aGrant, newSshKey } from './access-samples.ts'
import type { Ground } from './ground.ts'
import { each, once, unused, type Make } from './sample.ts'
import { aServiceAccount } from './service-account-samples.ts'

export const aBastion = async ({ call, keys, system }: Ground) => {
  const named = { name: `bastion-${unused()}`, environment: 'edge', address: '10.0.0.6', recorderLogin: 'recorder' }
  const { token } = await call(host.register, named, keys.owner)
  const enrolment = { token, hostPublicKey: newSshKey(), agentVersion: '1.0' }
  const { hostId, agentKey } = await call(agent.enrol, enrolment, { origin: system.url })
  return { hostId, as: { authorization: `Bearer ${agentKey}` } }
}

/** A grant that runs, and what its bastion sends to begin a recording. */
const behindBastion = async (ground: Ground) => {
  const given = await aGrant(ground)
  const { hostId, as } = await aBastion(ground)
  const lead = `update access_policy p set bastion_id = $2, extensions = '{}' from access_grant g where g.id = $1 and p.id = g.policy_id
    and p.org_id = g.org_id`
  await ground.database.query(lead, [given.id, hostId])
  await given.running()
  const sessionId = `ls_${unused().padStart(26, '0')}` as OutputOf<typeof recording.read>['sessionId']
  const session = { id: sessionId, grantId: given.id, login: 'recorder', startedAt: new Date().toISOString() }
  await ground.call(agent.report, { acknowledged: 1, sessions: [session] }, as)
  return { given, as, input: { grantId: given.id, sessionId, publicKey: newSshKey(), kind: 'command' as const, command: 'make' } }
}

const begun = async (ground: Ground) => {
  const { given, as, input } = await behindBastion(ground)
  return async () => {
    await given.running()
    const { id } = await ground.call(recording.open, input, as)
    return { id, as }
  }
}

const content = '[0.5,"o","Attacked"]\n'

/** One that a reader finds, with something in it. */
const aRecording = async (ground: Ground): Promise<string> => {
  const { id, as } = await (await begun(ground))()
  await ground.call(recording.append, { id, index: 0, content, hash: recordingHash(recordingRoot(id), 0, content) }, as)
  return id
}

export const recordingSamples: Record<string, Make> = {
  'recording.open': async (ground) => {
    const { given, as, input } = await behindBastion(ground)
    return { ...(await each(async () => (await given.running(), { grantId: given.id }), input)), as }
  },
  'recording.append': async (ground) => {
    const begin = await begun(ground)
    const { as } = await begin()
    const next = async () => {
      const { id } = await begin()
      return { id, hash: recordingHash(recordingRoot(id), 0, content) }
    }
    return { ...(await each(next, { index: 0, content })), as }
  },
  'recording.end': async (ground) => {
    const begin = await begun(ground)
    const { as } = await begin()
    const next = async () => {
      const { id } = await begin()
      return { id, head: recordingRoot(id) }
    }
    return { ...(await each(next, { chunks: 0, outcome: 'cut_off' })), as }
  },
  'recording.list': async (ground) => {
    const id = await aRecording(ground)
    const { grantId, hostId, personId } = await ground.call(recording.read, { id: id as never }, ground.keys.owner)
    const serviceAccountId = await aServiceAccount(ground)
    return once({ after: id, grantId, hostId, personId, serviceAccountId, kind: 'command', state: 'running' })
  },
  'recording.read': async (ground) => once({ id: await aRecording(ground) }),
  'recording.events': async (ground) => once({ id: await aRecording(ground), from: 0 }),
  'recording.search': async (ground) => once({ id: await aRecording(ground), text: 'Attacked', from: 0 }),
  'recording.verify': async (ground) => once({ id: await aRecording(ground) }),
}
