import { Id } from '../../kit/index.ts'
import classes from './ledger.module.css'

interface ActorProps {
  actor: { type: string; id: string; name: string | null }
}

/** Who did it: a person by name; a job of the system by its own. Of somebody erased, and of the operator's staff, there is an id. */
export const Actor = ({ actor }: ActorProps) => {
  if (actor.name !== null) return <span>{actor.name}</span>
  if (actor.type === 'person') return <Id value={actor.id} what="the id of the person" />
  if (actor.type === 'staff')
    return (
      <>
        Staff <Id value={actor.id} what="the id of the staff member" />
      </>
    )
  return (
    <span className={classes['quiet']}>
      {actor.type} {actor.id}
    </span>
  )
}
