import { accessPolicy, type InputOf } from '@holdfast/contract'
import { useQueryOf } from '../../kit/index.ts'

const some = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** What would end by these rules, or by none, in a line; and whether that is known. */
export const useEndings = (input: InputOf<typeof accessPolicy.wouldEnd>, enabled: boolean): { line: string; known: boolean } => {
  const { data, error } = useQueryOf(accessPolicy.wouldEnd, input, { enabled, fresh: true })
  if (error) return { line: 'How many grants end by this could not be found out; they end all the same.', known: true }
  if (!data) return { line: 'Counting what ends by this …', known: false }
  const { grants, requests } = data
  const ending = `${some(grants, 'running grant ends', 'running grants end')} now, with everything started in ${grants === 1 ? 'its' : 'their'} sessions.`
  const cancelled = requests === 0 ? '' : ` ${some(requests, 'open request is', 'open requests are')} cancelled.`
  return { line: `${grants === 0 ? 'No running grant ends.' : ending}${cancelled}`, known: true }
}
