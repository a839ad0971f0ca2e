import type { operations, OutputOf } from '@holdfast/contract'

export type Grant = OutputOf<typeof operations.grant.request>
export type GrantDetail = OutputOf<typeof operations.grant.read>
export type Certificate = OutputOf<typeof operations.grant.certificate>
/** A server that one may ask for, with the policies under which one may. */
export type Choice = OutputOf<typeof operations.grant.options>['rows'][number]
export type Policy = Choice['policies'][number]
