import type { KeyServerClient } from '@holdfast/keyserver/client'
import { gather } from './gather.ts'

type Wrapping = Pick<KeyServerClient, 'wrap'>
type Asked = Parameters<Wrapping['wrap']>[0][number]
type Wrapped = Awaited<ReturnType<Wrapping['wrap']>>[number]

const callsAtOnce = 2

const wrapperOver = (keyServer: Wrapping) => {
  const asked = new Map<string, Asked>()
  let count = 0
  const wrap = gather<Wrapped>(async (ids) => {
    const items = ids.flatMap((id) => asked.get(id) ?? [])
    for (const id of ids) asked.delete(id)
    const wrapped = await keyServer.wrap(items)
    return new Map(ids.flatMap((id, index) => (wrapped[index] ? [[id, wrapped[index]] as const] : [])))
  }, callsAtOnce)
  return (item: Asked) => {
    const id = String(++count)
    asked.set(id, item)
    return wrap(id)
  }
}
const wrappers = new WeakMap<Wrapping, ReturnType<typeof wrapperOver>>()

/** Wraps one key; those of one moment share a call to the key server, as when a directory brings many people in. */
export const wrapKey = async (keyServer: Wrapping, item: Asked): Promise<Wrapped> => {
  let wrap = wrappers.get(keyServer)
  if (!wrap) wrappers.set(keyServer, (wrap = wrapperOver(keyServer)))
  const wrapped = await wrap(item)
  if (!wrapped) throw new Error('the key server answered with fewer keys than asked')
  return wrapped
}
