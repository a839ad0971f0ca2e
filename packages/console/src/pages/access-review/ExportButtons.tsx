import { accessReview } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { api, explain, ProblemNotice, told, type Explained } from '../../kit/index.ts'
import { saveAs } from '../save.ts'
import type { Review } from './words.ts'

const formats = [
  ['CSV', accessReview.exportCsv],
  ['JSON', accessReview.exportJson],
] as const

const sentences = {
  review_not_found: 'That review is not there.',
  review_not_gathered: 'The list is still being gathered. Wait a moment.',
}

/** The whole review, for the auditor. */
export const ExportButtons = ({ id }: { id: Review['id'] }) => {
  const [running, setRunning] = useState<string | null>(null)
  const [problem, setProblem] = useState<Explained | null>(null)
  const save = async ([name, operation]: (typeof formats)[number]) => {
    setRunning(name)
    setProblem(null)
    try {
      const response = await api.open(operation, { id })
      saveAs(await response.blob(), operation.filename({ id }))
      told('The review is in your downloads.')
    } catch (error) {
      setProblem(explain(error, sentences, 'read'))
    } finally {
      setRunning(null)
    }
  }
  return (
    <>
      {formats.map((format) => (
        <Button
          key={format[0]}
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={running === format[0]}
          onClick={() => void save(format)}
        >
          {format[0]}
        </Button>
      ))}
      {problem && problem.code !== 'step_up_required' && <ProblemNotice problem={problem} />}
    </>
  )
}
