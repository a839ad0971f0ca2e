import { grant } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { PageLink, ReadProblem, useCalm, useGo, usePagesOf } from '../../kit/index.ts'
import { Requester } from '../Requester.tsx'
import classes from './grant.module.css'
import { Left } from './Left.tsx'
import { durationInWords } from '../accessWords.ts'
import { nameOf, type Row } from '../grantWords.ts'

const Item = ({ row }: { row: Row }) => {
  const go = useGo()
  const to = `/access/grants/${row.id}`
  return (
    <li className={classes['lead']} data-kind="accent">
      <div>
        <PageLink to={to} fw={600}>
          {nameOf(row)}
        </PageLink>
        <p>
          <Requester of={row} /> asks for {durationInWords(row.seconds)}
          {row.reason && (
            <>
              : <q>{row.reason}</q>
            </>
          )}{' '}
          · lapses in <Left until={row.requestExpiresAt} over="a moment" />
        </p>
      </div>
      <Button onClick={() => go(to)} aria-label={`Decide: ${nameOf(row)}`}>
        Decide
      </Button>
    </li>
  )
}

/** The requests that the reader may answer: nobody gets in until they do. */
export const ToApprove = () => {
  const { rows, error, more, refetch } = usePagesOf(grant.list, { show: 'to_approve' }, { everyMs: useCalm(15_000) })
  if (error) return <ReadProblem error={error} retry={refetch} />
  if (!rows || rows.length === 0) return null
  return (
    <section aria-label="Waits for your answer">
      <ul className={classes['waiting']}>
        {rows.map((row) => (
          <Item key={row.id} row={row} />
        ))}
      </ul>
      {more && (
        <Button variant="default" size="xs" mt="xs" onClick={more}>
          Show more
        </Button>
      )}
    </section>
  )
}
