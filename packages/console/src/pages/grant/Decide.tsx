import { grant } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { grantAnswers } from '../accessAnswers.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { approving, deciding } from './explanations.ts'
import classes from './grant.module.css'
import { RefusedNotice } from './RefusedNotice.tsx'
import type { Detail } from '../grantWords.ts'

const Deny = ({ detail, opened, onClose }: { detail: Detail; opened: boolean; onClose: () => void }) => {
  const deny = useCommandOf(grant.deny, { refresh: grantAnswers, done: 'Denied.', onDone: onClose, explain: deciding })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title="Deny this request?"
      consequences={['Whoever asked sees your reason.']}
      undo="They can ask anew."
      verb="Deny"
      danger
      running={deny.running}
      problem={deny.problem}
      onConfirm={(reason) => void deny.run({ id: detail.id, reason })}
    />
  )
}

/** Approve exactly what is shown, with a passkey or a code; or deny it, with a reason. */
export const Decide = ({ detail }: { detail: Detail }) => {
  const [code, setCode] = useState('')
  const [denying, setDenying] = useState(false)
  const approve = useCommandOf(grant.approve, { refresh: grantAnswers, done: 'Approved.', explain: approving })
  const ready = plainCode(code).length >= 6
  // The hash of the request as this page shows it: another one is refused by the server.
  const read = { id: detail.id, requestHash: detail.requestHash }
  const send = () => approve.run({ ...read, code: plainCode(code) })
  return (
    <>
      <form
        className={classes['decide']}
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) void send().then(() => setCode(''))
        }}
      >
        <CodeField
          value={code}
          onChange={setCode}
          for="this approval"
          act={{ operation: grant.approve, input: read }}
          onPasskey={(passkey) => approve.run({ ...read, passkey })}
        />
        <div className={classes['buttons']}>
          <Button type="submit" loading={approve.running} disabled={!ready}>
            Approve
          </Button>
          <Button variant="default" onClick={() => setDenying(true)}>
            Deny
          </Button>
        </div>
      </form>
      <RefusedNotice problem={approve.problem} />
      <Deny detail={detail} opened={denying} onClose={() => setDenying(false)} />
    </>
  )
}
