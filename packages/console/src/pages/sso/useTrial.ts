import { sso, type SsoConnectionId } from '@holdfast/contract'
import { useState } from 'react'
import { api, explain, type Explained } from '../../kit/index.ts'
import { gone, unreachable } from './answers.ts'

/** Leaves for the provider, to come back with a report. */
export const useTrial = (id: SsoConnectionId, signedBy: 'current' | 'other' = 'current') => {
  const [problem, setProblem] = useState<Explained | null>(null)
  const [running, setRunning] = useState(false)
  const leave = async (): Promise<void> => {
    setRunning(true)
    try {
      const { value } = await api.call(sso.beginTest, { id, signedBy })
      location.assign(value.url)
    } catch (error) {
      setRunning(false)
      setProblem(
        explain(error, {
          ...gone,
          ...unreachable,
          client_missing: 'Enter and save the client id that the provider gave first.',
          no_other_key: 'There is no second key any more. Look at the page again.',
          provider_unfit: 'The provider cannot be used as it describes itself now.',
        }),
      )
    }
  }
  return { begin: () => void leave(), running, problem }
}
