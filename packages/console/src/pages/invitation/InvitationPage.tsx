import { Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { invitation, session, type OutputOf } from '@holdfast/contract'
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import {
  api,
  Facts,
  NewPassword,
  PageLink,
  ProblemNotice,
  ReadProblem,
  recorded,
  roleNames,
  useCommandOf,
  useFormOf,
  useQueryOf,
} from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { Plain } from '../../shell/Plain.tsx'
import { WhatOpens } from './WhatOpens.tsx'

type Preview = OutputOf<typeof invitation.preview>

const useAccept = (arrived: () => void) =>
  useCommandOf(invitation.accept, {
    done: null,
    onDone: ({ orgId, role, missing }, { ledgerSeq }) => {
      if (missing.length > 0) recorded(`You joined as ${roleNames[role]} for now. ${missing.join(' ')}`, ledgerSeq)
      // Whoever had a session goes on in the new organisation; a new account signs in first.
      void api.call(session.switchOrganisation, { orgId }).then(arrived, arrived)
    },
    explain: {
      link_invalid: 'This invitation was used, taken back, or its time is over. Ask for another.',
      sign_in_first: 'Sign in as the person who was invited, then open the link again.',
      name_and_password_needed: 'Enter your name and choose a password.',
      password_too_common: 'That password is on lists that attackers try first. Choose another.',
      already_member: 'You are already a member. Just sign in.',
    },
  })

const Join = ({ token, preview }: { token: string; preview: Preview }) => {
  const changed = useSessionChanged()
  const { run, running, problem } = useAccept(() => changed('/'))
  const form = useFormOf(invitation.accept, { token, name: '', password: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <input type="hidden" autoComplete="username" value={preview.email} readOnly />
        <TextInput label="Your name" autoComplete="name" autoFocus {...form.text('name')} />
        <NewPassword {...form.text('password')} />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Join {preview.organisation}
        </Button>
      </Stack>
    </form>
  )
}

const JoinAsKnown = ({ token, preview, onJoined }: { token: string; preview: Preview; onJoined: () => void }) => {
  const { run, running, problem } = useAccept(onJoined)
  const accept = async () => {
    // Renews an expired session, or leads to the sign-in and back here.
    const signedIn = await api.call(session.current, {}).catch(() => null)
    if (signedIn) await run({ token })
  }
  return (
    <Stack gap="md">
      <span>You have an account here already. If you are not signed in as {preview.email}, you are asked to.</span>
      <ProblemNotice problem={problem} />
      <Button loading={running} onClick={() => void accept()}>
        Join {preview.organisation}
      </Button>
    </Stack>
  )
}

const Opened = ({ token }: { token: string }) => {
  const [joined, setJoined] = useState<string | null>(null)
  const preview = useQueryOf(invitation.preview, { token })
  if (joined !== null) return <WhatOpens organisation={joined} />
  if (preview.error)
    return (
      <Plain title="Invitation" foot={<PageLink to="/sign-in">Sign in</PageLink>}>
        <ReadProblem
          error={preview.error}
          sentences={{ link_invalid: 'This invitation was used, taken back, or its time is over. Ask for another.' }}
        />
      </Plain>
    )
  if (!preview.data)
    return (
      <Plain title="Invitation">
        <Skeleton height={180} />
      </Plain>
    )
  const { organisation, email, role, known } = preview.data
  return (
    <Plain title={`Join ${organisation}`} about="Check that this is what you expect before you accept.">
      <Facts
        rows={[
          ['Organisation', organisation],
          ['You', email],
          ['Your role', roleNames[role]],
        ]}
      />
      {known ? (
        <JoinAsKnown token={token} preview={preview.data} onJoined={() => setJoined(organisation)} />
      ) : (
        <Join token={token} preview={preview.data} />
      )}
    </Plain>
  )
}

/** What an invitation is for, then its acceptance. The token comes after the `#`. */
export const InvitationPage = () => {
  const token = useLocation().hash
  if (token.length >= 20) return <Opened token={token} />
  return (
    <Plain title="This link is not whole" about="Open the link of the mail again, whole: what follows the # is its key.">
      <PageLink to="/sign-in">Sign in</PageLink>
    </Plain>
  )
}
