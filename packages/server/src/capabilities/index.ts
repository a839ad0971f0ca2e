import type { Capability } from '../kernel/capability.ts'

/** Every capability of the platform. A new one adds one line here. */
export const capabilities: readonly Capability[] = []
