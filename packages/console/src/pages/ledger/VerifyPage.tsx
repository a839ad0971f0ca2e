import { ledger } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { Copy, count, Facts, Hash, Page, PageLink, ReadProblem, Section, Time, useMay, useQueryOf } from '../../kit/index.ts'
import { Checkpoints } from './Checkpoints.tsx'
import { ExportButton } from './ExportButton.tsx'
import classes from './verify.module.css'
import { VerifyHere } from './VerifyHere.tsx'
import { VerifyThere } from './VerifyThere.tsx'

const command = 'npx holdfast ledger verify ledger.jsonl --checkpoint checkpoint.txt'

const Offline = () => (
  <Section
    title="Offline"
    about="The script of this page comes from our server too. Whoever doubts even that verifies an export on a machine of their own, with our verifier or one of their own making: the format is written down, with test vectors, in docs/ledger-format.md."
  >
    <div className={classes['command']}>
      <code>{command}</code>
      <Copy value={command} what="the command" />
    </div>
  </Section>
)

const Body = () => {
  const head = useQueryOf(ledger.head, {}, { everyMs: 15_000 })
  return (
    <>
      {head.error ? (
        <ReadProblem error={head.error} retry={() => void head.refetch()} />
      ) : (
        <Facts
          rows={[
            ['Length', head.data ? `${count(head.data.size)} entries` : '…'],
            ['Newest entry', head.data?.at ? <Time key="at" at={head.data.at} /> : '…'],
            ['Newest hash', <Hash key="hash" value={head.data?.hash ?? null} what="the newest hash" />],
            [
              'Newest checkpoint',
              head.data?.checkpoint ? (
                <span key="checkpoint">
                  {count(head.data.checkpoint.size)} entries, <Time at={head.data.checkpoint.at} />
                </span>
              ) : (
                'none yet'
              ),
            ],
          ]}
        />
      )}
      {head.isPending ? <Skeleton height={260} /> : <VerifyHere verifierKeys={head.data?.verifierKeys ?? []} />}
      <VerifyThere />
      <Offline />
      <Checkpoints />
    </>
  )
}

/** Whether the chain is what it was (L2): in the browser, on the server, offline. */
export const VerifyPage = () => {
  const may = useMay()
  return (
    <Page
      title="Verify"
      about={
        <>
          Whether any entry was changed, removed, moved or invented. A broken chain names its first bad entry.{' '}
          <PageLink to="/ledger" td="underline">
            To the entries
          </PageLink>
        </>
      }
      permission="ledger:verify"
      action={may('ledger:export') && <ExportButton />}
    >
      <Body />
    </Page>
  )
}
