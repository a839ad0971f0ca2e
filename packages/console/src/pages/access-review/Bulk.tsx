import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { lazyDialog } from '../../kit/index.ts'
import classes from './access-review.module.css'
import type { DecideDialogProps } from './DecideDialog.tsx'
import { atOnce, type Item, type Review } from './words.ts'

const DecideDialog = lazyDialog<DecideDialogProps>(async () => (await import('./DecideDialog.tsx')).DecideDialog)

interface BulkProps {
  review: Review
  chosen: readonly Item[]
  /** What may be ticked of what the list shows. */
  shown: readonly Item[]
  select: (items: readonly Item[]) => void
}

/** What to do with what is ticked. */
export const Bulk = ({ review, chosen, shown, select }: BulkProps) => {
  const [act, setAct] = useState<DecideDialogProps['decision'] | null>(null)
  const roles = chosen.length > 0 && chosen.every(({ kind }) => kind === 'member' || kind === 'service_account')
  const removable = chosen.length > 0 && chosen.every(({ kind }) => kind !== 'break_glass')
  const many = chosen.length > atOnce
  const all = shown.length > 0 && chosen.length >= shown.length
  return (
    <div className={classes['bulk']} role="group" aria-label="What is selected">
      <Group gap="xs">
        <Button variant="default" size="xs" disabled={shown.length === 0} onClick={() => select(all ? [] : shown)}>
          {all ? 'Select none' : `Select ${shown.length === atOnce ? `the first ${atOnce}` : 'all shown'}`}
        </Button>
        <Button size="xs" disabled={chosen.length === 0 || many} onClick={() => setAct('keep')}>
          Keep
        </Button>
        <Button variant="default" size="xs" disabled={!roles || many} onClick={() => setAct('change')}>
          Change role
        </Button>
        <Button variant="default" color="red" size="xs" disabled={!removable || many} onClick={() => setAct('remove')}>
          Remove
        </Button>
      </Group>
      <span aria-live="polite">
        {chosen.length} selected{many && `: at most ${atOnce} at once`}
      </span>
      <DecideDialog
        key={act ?? 'none'}
        opened={act !== null}
        decision={act ?? 'keep'}
        review={review}
        items={chosen}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null)
          select([])
        }}
      />
    </div>
  )
}
