import { z } from 'zod'
import { Email, Instant, InvitationId, OrgId, page, pageOf, PersonId, line } from './ids.ts'
import { capability, command, query } from './operation.ts'
import { Entitlement, Plan } from './plans.ts'
import { Role } from './roles.ts'
import { LinkToken, Password } from './setup.ts'

export const OrganisationDetail = z.object({
  id: OrgId,
  name: z.string(),
  region: z.string(),
  plan: Plan,
  planEndsAt: Instant.nullable().describe('when the plan becomes Starter, or did'),
  planBefore: Plan.nullable().describe('the plan that lapsed, if one did'),
  includes: z.array(Entitlement).max(20).describe('what the plan contains beyond Starter'),
  frozen: z.array(Entitlement).max(20).describe('cannot be set up or changed; what is set up keeps working'),
  operator: z.boolean(),
  requireMfa: z.boolean().describe('every member must satisfy a second factor, not only Owner and Admin'),
  createdAt: Instant,
  members: z.number().int(),
})

/** The organisation itself. */
export const organisation = capability('organisation', {
  read: query({
    path: '/organisation',
    summary: 'The organisation you are working in',
    permission: 'organisation:read',
    input: z.object({}),
    output: OrganisationDetail,
  }),
  update: command({
    path: '/organisation',
    summary: 'Change the name',
    permission: 'organisation:write',
    stepUp: true,
    input: z.object({ name: line(1, 100) }),
    output: OrganisationDetail,
    audit: { action: 'organisation.updated', target: (_, { id }) => id },
  }),
  create: command({
    path: '/organisations',
    summary: 'Create an organisation and invite its first Owner',
    permission: 'operator:organisations',
    stepUp: true,
    input: z.object({ name: line(1, 100), ownerEmail: Email, plan: Plan.default('starter') }),
    output: z.object({ id: OrgId, name: z.string(), invitationId: InvitationId }),
    audit: { action: 'organisation.created', target: (_, { id }) => id },
  }),
  inviteOwner: command({
    path: '/organisations/:id/invite-owner',
    summary: 'Invite the first Owner again, while nobody has joined; the earlier link stops working',
    permission: 'operator:organisations',
    stepUp: true,
    input: z.object({ id: OrgId, ownerEmail: Email }),
    output: z.object({ id: OrgId, invitationId: InvitationId }),
    errors: { organisation_not_found: 404, already_founded: 409 },
    audit: { action: 'organisation.owner_invited', target: ({ id }) => id },
  }),
  transferOwnership: command({
    path: '/organisation/transfer-ownership',
    summary: 'Make another member, who is cleared, Owner; you become Admin',
    permission: 'organisation:transfer',
    stepUp: true,
    input: z.object({ personId: PersonId }),
    output: z.object({ id: OrgId, ownerId: PersonId }),
    errors: { member_not_found: 404, already_owner: 409, not_cleared: 403 },
    audit: { action: 'organisation.ownership_transferred', target: ({ personId }) => personId },
  }),
})

export const MemberRow = z.object({
  id: PersonId,
  name: z.string(),
  email: z.string(),
  role: Role,
  roleBy: z.enum(['person', 'directory']).describe('who gave the role: a person, or the directory by its groups'),
  since: Instant,
  factorEnrolled: z.boolean(),
  lastSeenAt: Instant.nullable(),
})

/** People of the organisation and their roles (C1). */
export const member = capability('member', {
  list: query({
    path: '/members',
    summary: 'The members, their roles and whether they have a second factor',
    permission: 'member:read',
    input: z.object({ ...page, search: z.string().max(100).optional(), role: Role.optional() }),
    output: pageOf(MemberRow),
  }),
  changeRole: command({
    path: '/members/:id/role',
    summary: 'Change the role of a member; Owner and Admin only become people who are cleared',
    permission: 'member:write',
    stepUp: true,
    input: z.object({ id: PersonId, role: Role }),
    output: z.object({ id: PersonId, role: Role }),
    errors: {
      member_not_found: 404,
      owner_only: 403,
      last_owner: 409,
      own_role: 403,
      not_cleared: 403,
      directory_managed: 409,
    },
    audit: { action: 'member.role_changed', target: ({ id }) => id },
  }),
  remove: command({
    path: '/members/:id/remove',
    summary: 'Remove a member; their sessions here and their API keys end at once',
    permission: 'member:write',
    stepUp: true,
    input: z.object({ id: PersonId }),
    output: z.object({ id: PersonId }),
    errors: { member_not_found: 404, owner_only: 403, last_owner: 409, directory_managed: 409 },
    audit: { action: 'member.removed', target: ({ id }) => id },
  }),
  endSessions: command({
    path: '/members/:id/end-sessions',
    summary: 'End all sessions of a member in this organisation',
    permission: 'member:write',
    input: z.object({ id: PersonId }),
    output: z.object({ id: PersonId, ended: z.number().int() }),
    errors: { member_not_found: 404, owner_only: 403 },
    audit: { action: 'member.sessions_ended', target: ({ id }) => id },
  }),
  leave: command({
    path: '/members/leave',
    summary: 'Leave this organisation',
    permission: 'self',
    sessionOnly: true,
    stepUp: true,
    input: z.object({}),
    output: z.object({ id: PersonId }),
    errors: { last_owner: 409, directory_managed: 409 },
    audit: { action: 'member.left', target: (_, { id }) => id },
  }),
})

export const InvitationRow = z.object({
  id: InvitationId,
  email: z.string(),
  role: Role,
  invitedBy: PersonId,
  state: z.enum(['open', 'expired']),
  createdAt: Instant,
  expiresAt: Instant,
})

/** Sign-up is by invitation. */
export const invitation = capability('invitation', {
  create: command({
    path: '/invitations',
    summary: 'Invite somebody by e-mail; an Admin cannot invite an Owner',
    permission: 'member:invite',
    stepUp: true,
    input: z.object({ email: Email, role: Role }),
    output: InvitationRow,
    errors: { already_member: 409, already_invited: 409, owner_only: 403 },
    audit: { action: 'invitation.created', target: (_, { id }) => id },
  }),
  list: query({
    path: '/invitations',
    summary: 'Invitations that were not accepted yet',
    permission: 'member:invite',
    input: z.object(page),
    output: pageOf(InvitationRow),
  }),
  revoke: command({
    path: '/invitations/:id/revoke',
    summary: 'Take an invitation back',
    permission: 'member:invite',
    input: z.object({ id: InvitationId }),
    output: z.object({ id: InvitationId }),
    errors: { invitation_not_found: 404 },
    audit: { action: 'invitation.revoked', target: ({ id }) => id },
  }),
  preview: query({
    path: '/invitations/preview',
    summary: 'What an invitation link is for',
    permission: 'public',
    rate: 'secret',
    secretInput: true,
    input: z.object({ token: LinkToken }),
    output: z.object({
      organisation: z.string(),
      email: z.string(),
      role: Role,
      known: z.boolean().describe('the person has an account'),
    }),
    errors: { link_invalid: 410 },
  }),
  accept: command({
    path: '/invitations/accept',
    summary: 'Accept an invitation: with a new name and password, or signed in as the invited person',
    permission: 'public',
    rate: 'secret',
    input: z.object({ token: LinkToken, name: line(1, 100).optional(), password: Password.optional() }),
    output: z.object({
      orgId: OrgId,
      personId: PersonId,
      role: Role.describe('the one offered; Member where that needs a clearance which is still missing'),
      missing: z.array(z.string()).max(100).describe('what that is, a sentence each'),
    }),
    errors: {
      link_invalid: 410,
      sign_in_first: 409,
      name_and_password_needed: 422,
      password_too_common: 422,
      already_member: 409,
    },
    audit: { action: 'invitation.accepted', target: (_, { personId }) => personId },
  }),
})
