import type { Capability } from '../../kernel/capability.ts'
import { confirmFactor, confirmPassword, lock, revoke, revokeOthers, signOut } from './commands.ts'
import { forgetGuesses } from './jobs.ts'
import { confirmPasskey, passkeyOptions, signInWithPasskey } from './passkey.ts'
import { current, list } from './queries.ts'
import { refresh } from './refresh.ts'
import { signIn } from './sign-in.ts'
import { beginSignOn, discover, finishSignOn } from './sign-on.ts'
import { switchOrganisation } from './switching.ts'

export const session: Capability = {
  handlers: [
    signIn,
    passkeyOptions,
    signInWithPasskey,
    discover,
    beginSignOn,
    finishSignOn,
    confirmFactor,
    confirmPasskey,
    confirmPassword,
    refresh,
    current,
    list,
    revoke,
    revokeOthers,
    lock,
    signOut,
    switchOrganisation,
  ],
  schedules: [forgetGuesses],
}
