import { accessPromises } from './access.promises.ts'
import { clearancePromises } from './clearance.promises.ts'
import { dataPromises } from './data.promises.ts'
import { edgePromises } from './http/edge.promises.ts'
import { guardPromises } from './http/guard.promises.ts'
import type { PromiseCheck } from './promise.ts'

/** The promises that the kernel itself keeps, whatever capabilities there are. */
export const kernelPromises: readonly PromiseCheck[] = [
  ...dataPromises,
  ...accessPromises,
  ...clearancePromises,
  ...edgePromises,
  ...guardPromises,
]
