import { Id } from '../kit/index.ts'
import { useNames } from './people.tsx'

/** Somebody by name, within a sentence: "you" is small there. */
export const By = ({ id }: { id: string }) => {
  const name = useNames()(id)
  return name === null ? <Id value={id} what="the id of the person" /> : <span>{name}</span>
}
