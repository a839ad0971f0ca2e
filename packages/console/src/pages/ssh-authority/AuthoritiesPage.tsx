import { sshAuthority } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import {
  ConfirmDialog,
  Hash,
  Page,
  ReadProblem,
  Section,
  State,
  Table,
  Time,
  useCommandOf,
  useMay,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { rotationAnswers } from '../accessAnswers.ts'
import { By } from '../By.tsx'
import { RotationNow } from './RotationNow.tsx'
import {
  ageInWords,
  authorityWords,
  isRunning,
  standingWords,
  type Purpose,
  type Rotation,
  type Status,
  type Version,
} from './words.ts'

const columns: Column<Version>[] = [
  { key: 'version', title: 'Version', render: (row) => row.version },
  {
    key: 'standing',
    title: 'Standing',
    render: (row) => <State kind={standingWords[row.standing].kind}>{standingWords[row.standing].word}</State>,
  },
  { key: 'age', title: 'Age', render: (row) => ageInWords(row) },
  { key: 'made', title: 'Made', wide: true, render: (row) => <Time at={row.createdAt} /> },
  {
    key: 'key',
    title: 'Fingerprint',
    grow: true,
    wide: true,
    render: (row) => <Hash value={row.fingerprint} what="the fingerprint" />,
  },
]

const waits = [
  { value: '3600', label: 'an hour' },
  { value: '86400', label: 'a day' },
  { value: '604800', label: 'a week' },
]

const consequencesOf = (purpose: Purpose): string[] => {
  const last = 'The old key is retired when nothing lives that it signed. Nobody is refused meanwhile, and no session ends.'
  if (purpose === 'host')
    return ['Clients learn the new key; a quarter of an hour later every server gets a certificate of it.', last]
  return [
    'A new key is made, and every server is told to believe both.',
    'When all have said that they do, the new one signs.',
    last,
  ]
}

const RotateDialog = ({ purpose, onClose }: { purpose: Purpose; onClose: () => void }) => {
  const [wait, setWait] = useState('86400')
  const rotate = useCommandOf(sshAuthority.rotate, {
    refresh: rotationAnswers,
    done: 'The rotation has begun.',
    onDone: onClose,
    explain: { rotation_running: 'It is being rotated already.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`A new key for ${authorityWords[purpose].short}?`}
      consequences={consequencesOf(purpose)}
      undo="It cannot be taken back, and need not be: it can be rotated again."
      verb="Rotate"
      running={rotate.running}
      problem={rotate.problem}
      onConfirm={() => void rotate.run({ purpose, waitSeconds: Number(wait) })}
    >
      {purpose === 'user' && (
        <NativeSelect
          label="Wait for servers that do not answer"
          description="Then the new key signs without them; they let nobody in until they have heard of it."
          data={waits}
          value={wait}
          onChange={(event) => setWait(event.currentTarget.value)}
        />
      )}
    </ConfirmDialog>
  )
}

const Authority = ({ authority, rotation }: { authority: Status['authorities'][number]; rotation: Rotation | undefined }) => {
  const { purpose, versions } = authority
  const [asking, setAsking] = useState(false)
  const may = useMay()('encryption:rotate')
  const { title, about, short } = authorityWords[purpose]
  return (
    <Section
      title={title}
      about={about}
      action={
        may && (
          <Button
            variant="default"
            size="xs"
            disabled={rotation !== undefined}
            onClick={() => setAsking(true)}
            aria-label={`Rotate the key for ${short}`}
          >
            Rotate …
          </Button>
        )
      }
    >
      {rotation && <RotationNow rotation={rotation} />}
      <Table
        label={`Keys for ${short}`}
        columns={columns}
        rows={versions}
        rowKey={({ version }) => String(version)}
        empty={noKeys}
      />
      {asking && <RotateDialog purpose={purpose} onClose={() => setAsking(false)} />}
    </Section>
  )
}
const noKeys = { title: 'No key yet', text: 'It is made when the first server enrols.' }

const pastColumns: Column<Rotation>[] = [
  { key: 'what', title: 'Of', grow: true, render: (row) => authorityWords[row.purpose].title },
  { key: 'to', title: 'Version', render: (row) => `${row.fromVersion} → ${row.toVersion ?? ''}` },
  { key: 'by', title: 'Begun by', wide: true, render: (row) => <By id={row.startedBy} /> },
  { key: 'started', title: 'Begun', wide: true, render: (row) => <Time at={row.startedAt} /> },
  { key: 'retired', title: 'Old key retired', render: (row) => <Time at={row.retiredAt} /> },
  { key: 'out', title: 'Left out', align: 'right', wide: true, render: (row) => row.leftOut.length },
]

const Authorities = () => {
  const status = useQueryOf(sshAuthority.status, {}, { everyMs: 5000 })
  if (status.error) return <ReadProblem error={status.error} retry={() => void status.refetch()} />
  const past = status.data?.rotations.filter((rotation) => !isRunning(rotation)) ?? []
  return (
    <>
      {status.data?.authorities.map((authority) => (
        <Authority
          key={authority.purpose}
          authority={authority}
          rotation={status.data.rotations.find((rotation) => rotation.purpose === authority.purpose && isRunning(rotation))}
        />
      ))}
      {past.length > 0 && (
        <Section title="Earlier rotations">
          <Table label="Earlier rotations" columns={pastColumns} rows={past} rowKey={({ id }) => id} empty={noKeys} />
        </Section>
      )}
    </>
  )
}

/** The organisation's SSH authorities: how old, and a new one without a login being refused (C6, D3). */
export const AuthoritiesPage = () => (
  <Page
    title="SSH authorities"
    about="The keys behind access to servers. Their private halves are in the key server and never leave it."
    permission="host:read"
  >
    <Authorities />
  </Page>
)
