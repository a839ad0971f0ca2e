import { staff, staffAccess } from '@holdfast/contract'

/** The answers that a change of staff access makes old. */
export const staffAnswers = [staff.list, staffAccess.list, staffAccess.policy]
