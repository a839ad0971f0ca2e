import { schedule } from '../../kernel/job.ts'

/** Counted guesses are worth nothing after a month, answered challenges and requests after minutes; once a night is enough, whichever organisation the round begins with. */
export const forgetGuesses = schedule('session.forget-guesses', '17 3 * * *', async ({ services, orgId }) => {
  if (orgId === (await services.secrets.operatorOrg()))
    await services.ground.pool.query('select guess_forget(), passkey_challenge_forget(), sso_forget()')
})
