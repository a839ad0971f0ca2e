import { sshAuthority } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { Due, PageLink, State, Time, useCommandOf, useMay } from '../../kit/index.ts'
import { rotationAnswers } from '../accessAnswers.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import classes from './authority.module.css'
import { hastenWords, stepInWords, type Rotation } from './words.ts'

const Hasten = ({ rotation }: { rotation: Rotation }) => {
  const [opened, setOpened] = useState(false)
  const close = () => setOpened(false)
  const hasten = useCommandOf(sshAuthority.hasten, {
    refresh: rotationAnswers,
    done: 'The step is taken.',
    onDone: close,
    explain: {
      rotation_not_found: 'There is no such rotation.',
      rotation_not_ready: 'The new key is being made. Try again in some seconds.',
      rotation_done: 'It is done already.',
    },
  })
  const { verb, consequences } = hastenWords(rotation)
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        {verb} now …
      </Button>
      <ReasonDialog
        opened={opened}
        onClose={close}
        title={`${verb} now?`}
        consequences={consequences}
        undo="It cannot be taken back. Do it where the old key may be in other hands."
        verb={verb}
        danger
        running={hasten.running}
        problem={hasten.problem}
        onConfirm={(reason) => void hasten.run({ id: rotation.id, reason })}
      />
    </>
  )
}

/** A rotation that runs: how far it is, whom it waits for, and until when. */
export const RotationNow = ({ rotation }: { rotation: Rotation }) => {
  const may = useMay()('encryption:rotate')
  const { state, purpose, toVersion, movesAt, waitingFor } = rotation
  return (
    <div className={classes['now']} role="status">
      <p>
        <State kind="warn">Rotating</State> {toVersion === null ? '' : `to version ${toVersion}. `}
        {stepInWords(rotation)}
      </p>
      {state === 'announced' && purpose === 'user' && (
        <p className={classes['quiet']}>
          The new key signs at the latest: <Due at={movesAt} />
        </p>
      )}
      {waitingFor.length > 0 && (
        <ul className={classes['hosts']} aria-label="Servers that are not through">
          {waitingFor.map(({ id, name, lastSeenAt }) => (
            <li key={id}>
              <PageLink to={`/servers/${id}`} td="underline">
                {name}
              </PageLink>{' '}
              <span className={classes['quiet']}>
                last seen <Time at={lastSeenAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {may && state !== 'making' && <Hasten rotation={rotation} />}
    </div>
  )
}
