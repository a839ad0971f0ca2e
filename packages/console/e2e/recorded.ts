import { operations, type InputOf, type OutputOf } from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { newSshKey, type Agent } from './managed-host.ts'

type Facts = Partial<Pick<InputOf<typeof operations.recording.open>, 'kind' | 'command' | 'columns' | 'lines'>>

/** A bastion that records: what its agent does, with events that were made elsewhere. */
export const recordedBy = ({ call, report }: Agent) => {
  const { recording } = operations
  let sessions = 1
  /** Somebody has come in to the recorder. */
  const comeIn = async (grantId: OutputOf<typeof recording.read>['grantId']) => {
    sessions += 1
    const id = `ls_${String(sessions).padStart(26, '0')}` as InputOf<typeof recording.open>['sessionId']
    await report({ sessions: [{ id, grantId, login: 'recorder', startedAt: new Date().toISOString() }] })
    return id
  }
  return async (
    grantId: OutputOf<typeof recording.read>['grantId'],
    facts: Facts,
    chunks: readonly (readonly (readonly [number, string, string])[])[],
  ) => {
    const sessionId = await comeIn(grantId)
    const { id } = await call(recording.open, { kind: 'terminal', ...facts, grantId, sessionId, publicKey: newSshKey() })
    let [head, index] = [recordingRoot(id), 0]
    const append = async (events: (typeof chunks)[number]): Promise<void> => {
      const content = events.map((event) => `${JSON.stringify(event)}\n`).join('')
      head = recordingHash(head, index, content)
      await call(recording.append, { id, index, hash: head, content })
      index += 1
    }
    for (const events of chunks) await append(events)
    return {
      id,
      append,
      end: (exitCode = 0, outcome: 'complete' | 'cut_off' = 'complete') =>
        call(recording.end, { id, chunks: index, head, exitCode, outcome }),
    }
  }
}
