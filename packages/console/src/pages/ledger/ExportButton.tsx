import { ledger } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { api, explain, ProblemNotice, told, useSession, type Explained } from '../../kit/index.ts'
import { saveAs } from '../save.ts'

/** Downloads the whole chain, for a verifier that trusts nothing of ours. */
export const ExportButton = () => {
  const { organisation } = useSession()
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<Explained | null>(null)
  const save = async () => {
    setRunning(true)
    setProblem(null)
    try {
      const response = await api.open(ledger.export, {})
      saveAs(
        await response.blob(),
        `ledger-${organisation.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${new Date().toISOString().slice(0, 10)}.jsonl`,
      )
      told('The chain is in your downloads.')
    } catch (error) {
      setProblem(explain(error, {}, 'read'))
    } finally {
      setRunning(false)
    }
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={running}
        onClick={() => void save()}
      >
        Export
      </Button>
      {problem && problem.code !== 'step_up_required' && <ProblemNotice problem={problem} />}
    </>
  )
}
