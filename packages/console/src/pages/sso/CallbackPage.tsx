import { session, sso, type OutputOf, type SsoConnectionId } from '@holdfast/contract'
import { Button, Skeleton, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Facts, PageLink, ProblemNotice, Section, State, useCommandOf, useGo, useParam } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { takeNext } from '../../shell/next.ts'
import { Plain } from '../../shell/Plain.tsx'
import { Checks } from './Checks.tsx'
import { gone, unreachable } from './answers.ts'

/** The form that a SAML provider posted to this address, which the server put into the head of the page. */
const postedForm = (): string | null => {
  const response = document.querySelector<HTMLMetaElement>('meta[name="saml-response"]')?.content
  return response === undefined ? null : new URLSearchParams({ SAMLResponse: response }).toString()
}

/** Which request the answer says it belongs to. */
const requestIn = (parameters: string): string => {
  const form = new URLSearchParams(parameters)
  const response = form.get('SAMLResponse')
  if (response === null) return form.get('state') ?? ''
  try {
    return /InResponseTo="([A-Za-z0-9_-]+)"/.exec(atob(response))?.[1] ?? ''
  } catch {
    return '' // no base64: the server says what is to be said
  }
}

/** What the provider answered, once: it is taken out of the address before anything else can see it there. */
const useParameters = (): string => {
  const [parameters] = useState(() => postedForm() ?? location.search.slice(1))
  useEffect(() => history.replaceState(null, '', location.pathname), [])
  return parameters
}

/** Runs once, though pages may be mounted twice. */
const useOnArrival = (run: () => unknown): void => {
  const ran = useRef(false)
  useEffect(() => {
    if (ran.current) return
    ran.current = true
    void run()
  })
}

const SignIn = ({ id, parameters }: { id: SsoConnectionId; parameters: string }) => {
  const changed = useSessionChanged()
  const { run, problem } = useCommandOf(session.finishSignOn, {
    done: null,
    onDone: ({ next }) => changed(next === 'done' ? takeNext() : '/factor'),
    explain: {
      ...unreachable,
      sign_on_refused:
        'You could not be signed in with what your provider answered. Begin again; if it stays, ask whoever runs it.',
    },
  })
  useOnArrival(() => run({ connectionId: id, parameters }))
  return (
    <Plain title="Signing in" foot={<PageLink to="/sign-in">Back to signing in</PageLink>}>
      {problem ? <ProblemNotice problem={problem} /> : <Skeleton height={60} aria-label="Asking your provider" />}
    </Plain>
  )
}

const Report = ({ report }: { report: OutputOf<typeof sso.finishTest> }) => (
  <Stack gap="md">
    <State kind={report.passed ? 'good' : 'bad'}>
      {report.passed ? 'All that is needed passed' : 'Something that is needed failed'}
    </State>
    <Checks label="What was checked" checks={report.checks} />
    {report.said.length > 0 && (
      <Section title="What the provider said of you">
        <Facts rows={report.said.map(({ claim, value }) => [claim, <code key={claim}>{value}</code>] as const)} />
      </Section>
    )}
  </Stack>
)

const Trial = ({ id, parameters }: { id: SsoConnectionId; parameters: string }) => {
  const { run, problem } = useCommandOf(sso.finishTest, {
    refresh: [sso.read],
    done: null,
    explain: { ...gone, ...unreachable, test_not_yours: 'This answer belongs to no test that this browser began. Test again.' },
  })
  const go = useGo()
  const [report, setReport] = useState<OutputOf<typeof sso.finishTest> | null>(null)
  useOnArrival(async () => setReport(await run({ id, parameters })))
  return (
    <Plain wide title="Test of the connection" about="Nobody was signed in by it. What you see here is stored nowhere.">
      <Stack gap="md">
        {report && <Report report={report} />}
        <ProblemNotice problem={problem} />
        {!report && !problem && <Skeleton height={240} aria-label="Asking the provider" />}
        <Button onClick={() => go(`/settings/sign-on/${id}`)} variant={report?.passed ? 'filled' : 'default'}>
          Back to the connection
        </Button>
      </Stack>
    </Plain>
  )
}

/** Where providers send people back to. A state that begins with `t` or `o` was given out for a trial; the server believes neither. */
export const CallbackPage = () => {
  const id = useParam('id') as SsoConnectionId
  const parameters = useParameters()
  const trial = /^[to]/.test(requestIn(parameters))
  return trial ? <Trial id={id} parameters={parameters} /> : <SignIn id={id} parameters={parameters} />
}
