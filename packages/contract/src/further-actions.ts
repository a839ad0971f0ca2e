/** What stands in a ledger though no command's `audit` says so. */
export interface FurtherEntry {
  /** Who causes it: a job of the platform, or an operation beside its own entry. */
  by: string
  when: string
  target: string
}

/**
 * Entries of jobs, and those an operation writes beside its own or instead of it. The server accepts no other action from either:
 * an action that is missing here does not compile there.
 */
export const furtherActions = {
  'access.sealed': {
    by: 'job `accessLog.seal`',
    when: 'reads that were noted since the last batch are sealed into the chain (D9)',
    target: 'the last read of the batch',
  },
  'access_review.asked_for': {
    by: 'job `accessReview.upkeep`',
    when: 'no deadline for a review of access runs in the organisation',
    target: 'the organisation',
  },
  'access_review.gathered': {
    by: 'job `accessReview.gather`',
    when: 'a part of the snapshot of a review was taken',
    target: 'the review',
  },
  'account.reset_link_sent': {
    by: '`account.requestReset`',
    when: 'the address belongs to somebody: after the answer, in an organisation of theirs',
    target: 'the person',
  },
  'directory.log_forgotten': {
    by: 'job `directory.tidy`',
    when: 'lines of the provisioning log are older than ninety days',
    target: 'always `directory`',
  },
  'directory.roles_settled': {
    by: 'job `directory.settle`',
    when: 'somebody is cleared now for the role that their groups give',
    target: 'the connection',
  },
  'directory.test_ended': { by: '`directory.startTest`', when: 'a test of the connection is over', target: 'the test' },
  'directory.token_issued': {
    by: 'a directory, by OAuth',
    when: 'a client exchanged its secret for an access token',
    target: 'the client',
  },
  'directory_group.changed': { by: 'a directory, by SCIM PATCH', when: 'a group or its members changed', target: 'the group' },
  'directory_group.created': { by: 'a directory, by SCIM POST', when: 'a group is new', target: 'the group' },
  'directory_group.removed': { by: 'a directory, by SCIM DELETE', when: 'a group is gone', target: 'the group' },
  'directory_group.replaced': { by: 'a directory, by SCIM PUT', when: 'a group was described anew', target: 'the group' },
  'directory_user.changed': {
    by: 'a directory, by SCIM PATCH',
    when: 'a user changed, was switched off or on; membership, sessions and keys with it',
    target: 'the user',
  },
  'directory_user.created': { by: 'a directory, by SCIM POST', when: 'a user is new', target: 'the user' },
  'directory_user.removed': { by: 'a directory, by SCIM DELETE', when: 'a user is gone', target: 'the user' },
  'directory_user.replaced': { by: 'a directory, by SCIM PUT', when: 'a user was described anew', target: 'the user' },
  'encryption.data_resealed': {
    by: 'job `encryption.reseal`',
    when: 'values that an older key sealed were sealed by the current one',
    target: 'table and column',
  },
  'factor.passkey_copied': {
    by: 'whatever asked for a passkey',
    when: 'its signature counter went back, as it does when somebody copied it: the use is refused and the person is told',
    target: 'the passkey',
  },
  'grant.clearance_lost': {
    by: 'job `grant.settle`',
    when: 'somebody with access to servers is not cleared any more, and it ends',
    target: 'the person',
  },
  'grant.expired': { by: 'job `grant.settle`', when: 'the end of a grant has come', target: 'the grant' },
  'grant.lapsed': { by: 'job `grant.settle`', when: 'nobody answered a request in time', target: 'the grant' },
  'database.orphan_ended': {
    by: 'job `database.reconcile`',
    when: 'a role of ours that no grant knows was found in a database, and ended',
    target: 'the database',
  },
  'database.trouble_noted': {
    by: 'job `database.reconcile`',
    when: 'a database could not be reached or was not as registered, or is well again',
    target: 'the database',
  },
  'database.password_forgotten': {
    by: 'job `database.reconcile`',
    when: 'a retired database has no role of ours left to end, and its administrator’s password was erased',
    target: 'the database',
  },
  'grant.database_role_made': {
    by: 'job `grant.database-roles`',
    when: 'the role for which credentials were given is in the database',
    target: 'the grant',
  },
  'grant.database_role_not_made': {
    by: 'job `grant.database-roles`',
    when: 'a role could not be made; why stands in the entry. It is tried again each minute while the grant runs',
    target: 'the grant',
  },
  'grant.database_role_ended': {
    by: 'job `grant.database-roles`',
    when: 'a role in a database was ended: no log-in, no backend, dropped; when each was proved stands in the entry',
    target: 'the grant',
  },
  'grant.database_role_not_ended': {
    by: 'job `grant.database-roles`',
    when: 'a role in a database could not be ended, or not wholly: it is tried again each minute',
    target: 'the grant',
  },
  'grant.database_role_extended': {
    by: 'job `grant.database-roles`',
    when: 'a role lasts as long as its grant, whose end was moved',
    target: 'the grant',
  },
  'host.end_not_known': {
    by: 'job `host.watch-ends`',
    when: 'servers have not said that they know of an end of access, and somebody has to find out why',
    target: 'the first of them',
  },
  'ledger.checkpoint_mailed': {
    by: 'job `ledger.deliver`',
    when: 'a signed checkpoint goes to a witness by e-mail',
    target: 'the witness',
  },
  'mail.failed': {
    by: 'job `mail.send`',
    when: 'a mail was refused, or could not be handed over for an hour',
    target: 'the mail',
  },
  'mail.forgotten': { by: 'job `mail.tidy`', when: 'mails older than a month are removed', target: 'always `mail`' },
  'mail.held': { by: 'job `mail.send`', when: 'there is no mail server: the operator hands the mail over', target: 'the mail' },
  'mail.received_for_handing_over': {
    by: 'job `mail.send`',
    when: 'a copy of a held mail arrives in the operator’s outbox',
    target: 'the mail',
  },
  'mail.sent': { by: 'job `mail.send`', when: 'the mail server took a mail', target: 'the mail' },
  'obligation.breached': { by: 'the clock of deadlines', when: 'a deadline passed unmet', target: 'the obligation' },
  'obligation.escalated': { by: 'the clock of deadlines', when: 'a breach goes to somebody higher', target: 'the obligation' },
  'obligation.warned': { by: 'the clock of deadlines', when: 'a deadline comes near', target: 'the obligation' },
  'operator.keys_rewrapped': {
    by: 'job `operator.rewrap`',
    when: 'data keys were wrapped by the current master key',
    target: 'the ring of master keys',
  },
  'operator.master_key_retired': {
    by: 'job `operator.retire`',
    when: 'nothing is wrapped by an old master key any more',
    target: 'the ring of master keys',
  },
  'organisation.plan_lapsed': {
    by: 'job `organisation.lapse`',
    when: 'the end of a plan has come: what only it contains is frozen, and goes on working',
    target: 'the organisation',
  },
  'policy.leavers_released': {
    by: 'job `policy.upkeep`',
    when: 'former members owe no acknowledgement any more',
    target: 'the organisation',
  },
  'policy.members_asked': {
    by: 'job `policy.ask`',
    when: 'members are asked to acknowledge what was published',
    target: 'the policy',
  },
  'policy.reviews_opened': {
    by: 'job `policy.upkeep`',
    when: 'a published policy had no review ahead, and got one',
    target: 'the organisation',
  },
  'session.organisation_entered': {
    by: '`session.switchOrganisation`',
    when: 'in the organisation that a session moves to',
    target: 'the session',
  },
  'session.sign_on_refused': {
    by: '`session.finishSignOn`, instead of its own',
    when: 'a provider’s answer to a request of ours was not accepted; the reason says why',
    target: 'the connection',
  },
  'session.reuse_detected': {
    by: '`session.refresh`, instead of its own',
    when: 'a refresh token came a second time: the session ends, and the call is refused',
    target: 'the session',
  },
  'sso.domains_checked': {
    by: 'job `sso.check-domains`',
    when: 'the DNS record of a proved domain went missing, came back, or was missing for a week and proves nothing any more',
    target: 'the domain',
  },
  'ssh_authority.made': {
    by: 'job `sshAuthority.advance`',
    when: 'the key server has made a new authority, and hosts are told to believe it',
    target: 'the rotation',
  },
  'ssh_authority.moved': {
    by: 'job `sshAuthority.advance`',
    when: 'the new authority signs: every host believes it, or the time for that is over',
    target: 'the rotation',
  },
  'ssh_authority.retired': {
    by: 'job `sshAuthority.advance`',
    when: 'nothing lives that the old authority signed, and no host believes it any more',
    target: 'the rotation',
  },
  'service_account.owner_missing': {
    by: 'job `serviceAccount.upkeep`',
    when: 'who answered for a service account is no member any more, and the Admins owe it an owner',
    target: 'the organisation',
  },
  'trust.checked': { by: 'job `trust.checks`', when: 'a promise changed its state', target: 'always `trust`' },
  'recording.cut_off': {
    by: 'job `recording.upkeep`',
    when: 'nothing was heard of a recording for a day after the end of its grant',
    target: 'the recording',
  },
  'recording.deleted': { by: 'job `recording.upkeep`', when: 'a recording is a year old', target: 'the recording' },
} as const satisfies Record<`${string}.${string}`, FurtherEntry>

export type FurtherAction = keyof typeof furtherActions
