import { staffAccess, type StaffGrantId } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useCommandOf } from '../../kit/index.ts'
import { staffAnswers } from '../staffAnswers.ts'
import { notLive, staffFound } from '../staffWords.ts'

/** One click: whoever wants an end should not have to argue. */
export const EndNow = ({ id }: { id: StaffGrantId }) => {
  const end = useCommandOf(staffAccess.end, {
    refresh: staffAnswers,
    done: 'Staff access ended.',
    explain: { ...staffFound, ...notLive },
  })
  return (
    <Button size="compact-xs" color="red" loading={end.running} onClick={() => void end.run({ id })}>
      End now
    </Button>
  )
}
