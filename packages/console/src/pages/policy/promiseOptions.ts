import { promiseIds, promises } from '@holdfast/contract'

/** For pickers: "D1 Every network connection is TLS …". */
export const promiseOptions = promiseIds.map((id) => ({ value: id as string, label: `${id} ${promises[id].title}` }))
