import type { PromiseId } from '@holdfast/contract'
import type { Platform } from '../../../test/platform.ts'
import { kernelPromises } from '../../kernel/promises.ts'

/** Runs the kernel's check of a promise, in the operator's organisation. */
export const checksOf =
  ({ services }: Platform, id: PromiseId) =>
  async () => {
    const orgId = await services.secrets.operatorOrg()
    const found = kernelPromises.find((promise) => promise.id === id)
    if (!found || orgId === null) throw new Error(`nobody checks ${id}`)
    return found.check({ services, orgId, personId: null, log: () => {} })
  }
