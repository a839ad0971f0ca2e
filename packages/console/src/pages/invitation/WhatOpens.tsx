import { factor, type OutputOf } from '@holdfast/contract'
import { Button, Skeleton, Stack } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { Facts, Time, useQueryOf } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { Plain } from '../../shell/Plain.tsx'

type Factor = OutputOf<typeof factor.list>['rows'][number]

const Use = ({ row: { kind, confirmedAt, lastUsedAt } }: { row: Factor }) => (
  <span>
    {kind === 'passkey' ? 'passkey' : 'authenticator app'}, enrolled <Time at={confirmedAt} />
    {kind === 'passkey' && (
      <>
        ,{' '}
        {lastUsedAt === null ? (
          'never used'
        ) : (
          <>
            last used <Time at={lastUsedAt} />
          </>
        )}
      </>
    )}
  </span>
)

/** What opened the account before opens the new organisation as well: whoever joins sees it once, and can remove what is not theirs. */
export const WhatOpens = ({ organisation }: { organisation: string }) => {
  const changed = useSessionChanged()
  const { data, error } = useQueryOf(factor.list, {})
  const nothing = error !== null || data?.rows.length === 0
  const gone = useRef(false)
  useEffect(() => {
    if (!nothing || gone.current) return
    gone.current = true
    changed('/')
  }, [nothing, changed])
  return (
    <Plain
      title={`You joined ${organisation}`}
      about={`Besides your password, this opens your account, and so ${organisation} too. Is all of it yours?`}
    >
      {!data || nothing ? (
        <Skeleton height={120} />
      ) : (
        <Stack gap="md">
          <Facts rows={data.rows.map((row) => [row.label, <Use key={row.id} row={row} />] as const)} />
          <Button onClick={() => changed('/')}>All of it is mine</Button>
          <Button variant="default" onClick={() => changed('/settings/account')}>
            Remove something
          </Button>
        </Stack>
      )}
    </Plain>
  )
}
