import { ledger, recording } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { count, Hash, PageLink, ReadProblem, Section, State, useMay, useQueryOf } from '../../kit/index.ts'
import { findingOf } from './integrity.ts'
import classes from './recording.module.css'
import type { Tape } from './tape.ts'
import { found, type Row } from '../recordingWords.ts'

/** The hash of the newest chunk as the ledger has it: its entry was written with it. */
const useEntry = ({ id, chunks, head }: Row) => {
  const enabled = useMay()('ledger:read') && chunks > 0
  const list = useQueryOf(ledger.list, { target: id, action: 'recording.continued', limit: 1 }, { enabled })
  // Of a recording that runs a newer part may have come since.
  const seq = list.data?.rows[0]?.seq
  const entry = useQueryOf(ledger.read, { seq: seq ?? 0 }, { enabled: enabled && seq !== undefined })
  const fields = entry.data?.changes.find(({ table, kind }) => table === 'recording_chunk' && kind === 'insert')?.fields ?? []
  const field = (name: string) => fields.find((each) => each.name === name)?.after
  const hash = field('hash')
  if (seq === undefined || hash === null || hash === undefined) return null
  return field('index') === String(chunks - 1) || hash === head ? { seq, hash } : null
}

const ServersVerdict = ({ id }: { id: Row['id'] }) => {
  const [asked, setAsked] = useState(false)
  const { data, error, isFetching, refetch } = useQueryOf(recording.verify, { id }, { enabled: asked })
  return (
    <div className={classes['verdict']}>
      <Button
        variant="default"
        size="xs"
        loading={isFetching}
        onClick={() => (asked ? void refetch() : setAsked(true))}
        style={{ alignSelf: 'flex-start' }}
      >
        Have the server check it too
      </Button>
      <div role="status">
        {data &&
          (data.intact ? (
            <State kind="good">{`The server found it whole: ${count(data.chunks)} ${data.chunks === 1 ? 'part' : 'parts'}`}</State>
          ) : (
            <State kind="bad">{`The server found it not whole from part ${(data.brokenAt ?? 0) + 1} on`}</State>
          ))}
      </div>
      <ReadProblem error={error} sentences={found} />
    </div>
  )
}

/** Whether it is what it was when it arrived: computed here, compared with the ledger, and asked of the server. */
export const Integrity = ({ row, tape }: { row: Row; tape: Tape }) => {
  const entry = useEntry(row)
  const finding = findingOf({
    here: { chunks: tape.chunks(), head: tape.head(), brokenAt: tape.brokenAt() },
    told: { chunks: row.chunks, head: row.head, running: row.state === 'running' },
    entry,
  })
  return (
    <Section
      title="Integrity"
      about="A recording arrives in parts, each chained to the one before. Who is root on the bastion could forge what comes next, but not what has arrived."
    >
      <div className={classes['integrity']} data-kind={finding.kind} role="status">
        <State kind={finding.kind}>{finding.word}</State>
        <p>{finding.sentence}</p>
        <p>
          Newest hash <Hash value={row.head} what="the newest hash" />
          {entry && (
            <>
              {' '}
              <PageLink to={`/ledger/${entry.seq}`} td="underline">
                Entry #{entry.seq}
              </PageLink>
            </>
          )}
        </p>
      </div>
      {row.chunks > 0 && <ServersVerdict id={row.id} />}
    </Section>
  )
}
