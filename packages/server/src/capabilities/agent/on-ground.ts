import type { Services } from '../../kernel/services.ts'
import type { Ground } from '../../kernel/unit.ts'

/** What is made once for a process, at its first need: shared by all requests, and gone with what it stands on. */
export const onGround = <S extends Pick<Services, 'ground'>, T>(make: (services: S) => T): ((services: S) => T) => {
  const made = new WeakMap<Ground, T>()
  return (services) => {
    const found = made.get(services.ground) ?? make(services)
    made.set(services.ground, found)
    return found
  }
}
