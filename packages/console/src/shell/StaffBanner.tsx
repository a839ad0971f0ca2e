import { staff, staffAccess } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useCommandOf } from '../kit/commands.tsx'
import { useCalm } from '../kit/calm.ts'
import { PageLink } from '../kit/PageLink.tsx'
import { useQueryOf } from '../kit/queries.ts'
import { useMay, useSession } from '../kit/session.tsx'
import { Time } from '../kit/Time.tsx'
import { useSessionChanged } from './changed.ts'
import classes from './StaffBanner.module.css'

const Bar = ({ children, action }: { children: ReactNode; action?: ReactNode }) => (
  <div className={classes['bar']} role="status">
    <IconEye size={18} aria-hidden />
    <div className={classes['words']}>{children}</div>
    {action}
  </div>
)

/** Back from the customer's organisation to one's own. */
export const LeaveButton = () => {
  const changed = useSessionChanged()
  const { run, running } = useCommandOf(staff.leave, {
    done: null,
    explain: { not_entered: 'You are in no customer’s organisation.' },
    onDone: () => changed('/operator/staff'),
  })
  return (
    <Button size="compact-sm" variant="default" loading={running} onClick={() => void run({})}>
      Leave
    </Button>
  )
}

type Row = { id: string; personName: string; endsAt: string | null; reason: string }

const Live = ({ row }: { row: Row }) => {
  const may = useMay()
  const end = useCommandOf(staffAccess.end, {
    refresh: [staffAccess.list],
    done: 'Staff access ended.',
    explain: { staff_access_not_found: 'There is no such access.', staff_access_not_live: 'It is over already.' },
  })
  return (
    <Bar
      action={
        may('staff-access:decide') && (
          <Button size="compact-sm" color="red" loading={end.running} onClick={() => void end.run({ id: row.id as never })}>
            End now
          </Button>
        )
      }
    >
      <strong>{row.personName}</strong> of the operator’s staff can see your data; it ends <Time at={row.endsAt} />.{' '}
      <span className={classes['reason']}>“{row.reason}”</span> <PageLink to="/access/staff">More</PageLink>
    </Bar>
  )
}

const Waiting = ({ count }: { count: number }) => (
  <Bar>
    {count === 1 ? 'Somebody' : `${count} people`} of the operator’s staff would like to see your data.{' '}
    <PageLink to="/access/staff">Read and decide</PageLink>
  </Bar>
)

const Customers = () => {
  const may = useMay()
  const { data } = useQueryOf(staffAccess.list, { show: 'open', limit: 20 }, { everyMs: useCalm(15_000) })
  const waiting = data?.rows.filter(({ state }) => state === 'requested').length ?? 0
  return (
    <>
      {data?.rows
        .filter(({ state }) => state === 'live')
        .map((row) => (
          <Live key={row.id} row={row} />
        ))}
      {waiting > 0 && may('staff-access:decide') && <Waiting count={waiting} />}
    </>
  )
}

/** Who of the operator's staff is in, for everybody to see (C5); for staff themselves, where they are and the way back. */
export const StaffBanner = () => {
  const { staff: entered, organisation } = useSession()
  const may = useMay()
  if (entered)
    return (
      <Bar action={<LeaveButton />}>
        You are in <strong>{organisation.name}</strong> as staff; it ends <Time at={entered.endsAt} />. Whatever you read is
        written into their access log.
      </Bar>
    )
  return organisation.operator || !may('staff-access:read') ? null : <Customers />
}
