import { setup } from '@holdfast/contract'
import { handlePublic } from '../../kernel/handle.ts'

export const state = handlePublic(setup.state, async (_, { gate, services }) => {
  const [row] = await gate.ask<{ gate_setup_needed: boolean }>('gate_setup_needed', [])
  return { needed: row?.gate_setup_needed ?? true, demo: services.demo }
})
