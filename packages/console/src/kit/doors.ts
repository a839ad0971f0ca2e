import { attendedHeaders } from './attended.ts'
import { createApi, onceOverTabs, type Api, type Doors } from './api.ts'

/** Filled by the shell once the router exists; calls before that would have nowhere to go. */
let doors: Doors | null = null
export const openDoors = (real: Doors): void => {
  doors = real
}

/** The console's one way to the server. */
export const api: Api = createApi({
  fetch: (input, init) => fetch(input, init),
  once: onceOverTabs,
  headers: attendedHeaders,
  doors: {
    signIn: () => doors?.signIn(),
    factor: () => doors?.factor(),
    stepUp: async () => (doors ? doors.stepUp() : false),
  },
})
