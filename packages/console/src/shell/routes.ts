import { createRootRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { NotFound } from './NotFound.tsx'
import { Root } from './Root.tsx'
import { Shell } from './Shell.tsx'

const root = createRootRoute({ component: Root, notFoundComponent: NotFound })

/** Whoever is signed in, with the rail around. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

const outside = [
  createRoute({
    getParentRoute: () => root,
    path: '/setup',
    component: lazyRouteComponent(() => import('../pages/setup/SetupPage.tsx'), 'SetupPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    component: lazyRouteComponent(() => import('../pages/session/SignInPage.tsx'), 'SignInPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sso/callback/$id',
    component: lazyRouteComponent(() => import('../pages/sso/CallbackPage.tsx'), 'CallbackPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/factor',
    component: lazyRouteComponent(() => import('../pages/session/FactorPage.tsx'), 'FactorPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/recovery/stop',
    component: lazyRouteComponent(() => import('../pages/recovery/StopPage.tsx'), 'StopPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/invitation',
    component: lazyRouteComponent(() => import('../pages/invitation/InvitationPage.tsx'), 'InvitationPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reset',
    component: lazyRouteComponent(() => import('../pages/reset/ResetPage.tsx'), 'ResetPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reset/new',
    component: lazyRouteComponent(() => import('../pages/reset/NewPasswordPage.tsx'), 'NewPasswordPage'),
  }),
]

const inside = [
  createRoute({
    getParentRoute: () => shell,
    path: '/',
    component: lazyRouteComponent(() => import('../pages/now/NowPage.tsx'), 'NowPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/due',
    component: lazyRouteComponent(() => import('../pages/obligation/DuePage.tsx'), 'DuePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/due/calendar',
    component: lazyRouteComponent(() => import('../pages/obligation/CalendarPage.tsx'), 'CalendarPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/due/$id',
    component: lazyRouteComponent(() => import('../pages/obligation/ObligationPage.tsx'), 'ObligationPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/ledger',
    component: lazyRouteComponent(() => import('../pages/ledger/AuditPage.tsx'), 'AuditPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/ledger/$seq',
    component: lazyRouteComponent(() => import('../pages/ledger/EntryPage.tsx'), 'EntryPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/ledger/verify',
    component: lazyRouteComponent(() => import('../pages/ledger/VerifyPage.tsx'), 'VerifyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/ledger/witnesses',
    component: lazyRouteComponent(() => import('../pages/ledger/WitnessesPage.tsx'), 'WitnessesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access-log',
    component: lazyRouteComponent(() => import('../pages/ledger/AccessLogPage.tsx'), 'AccessLogPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/members',
    component: lazyRouteComponent(() => import('../pages/member/MembersPage.tsx'), 'MembersPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/members/recoveries/$id',
    component: lazyRouteComponent(() => import('../pages/recovery/RecoveryPage.tsx'), 'RecoveryPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/members/$id',
    component: lazyRouteComponent(() => import('../pages/member/MemberPage.tsx'), 'MemberPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access',
    component: lazyRouteComponent(() => import('../pages/grant/AccessPage.tsx'), 'AccessPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/grants/$id',
    component: lazyRouteComponent(() => import('../pages/grant/GrantPage.tsx'), 'GrantPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/policies',
    component: lazyRouteComponent(() => import('../pages/access-policy/AccessPoliciesPage.tsx'), 'AccessPoliciesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/policies/new',
    component: lazyRouteComponent(() => import('../pages/access-policy/NewAccessPolicyPage.tsx'), 'NewAccessPolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/policies/$id',
    component: lazyRouteComponent(() => import('../pages/access-policy/AccessPolicyPage.tsx'), 'AccessPolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/policies/$id/edit',
    component: lazyRouteComponent(() => import('../pages/access-policy/EditAccessPolicyPage.tsx'), 'EditAccessPolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/break-glass',
    component: lazyRouteComponent(() => import('../pages/break-glass/BreakGlassPage.tsx'), 'BreakGlassPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/break-glass/$id',
    component: lazyRouteComponent(() => import('../pages/break-glass/UsePage.tsx'), 'UsePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access/staff',
    component: lazyRouteComponent(() => import('../pages/staff-access/StaffAccessPage.tsx'), 'StaffAccessPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/recordings',
    component: lazyRouteComponent(() => import('../pages/recording/RecordingsPage.tsx'), 'RecordingsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/recordings/$id',
    component: lazyRouteComponent(() => import('../pages/recording/RecordingPage.tsx'), 'RecordingPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/servers',
    component: lazyRouteComponent(() => import('../pages/host/HostsPage.tsx'), 'HostsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/servers/authorities',
    component: lazyRouteComponent(() => import('../pages/ssh-authority/AuthoritiesPage.tsx'), 'AuthoritiesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/servers/$id',
    component: lazyRouteComponent(() => import('../pages/host/HostPage.tsx'), 'HostPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/databases',
    component: lazyRouteComponent(() => import('../pages/database/DatabasesPage.tsx'), 'DatabasesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/databases/$id',
    component: lazyRouteComponent(() => import('../pages/database/DatabasePage.tsx'), 'DatabasePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/api-keys',
    component: lazyRouteComponent(() => import('../pages/api-key/ApiKeysPage.tsx'), 'ApiKeysPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access-reviews',
    component: lazyRouteComponent(() => import('../pages/access-review/AccessReviewsPage.tsx'), 'AccessReviewsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/access-reviews/$id',
    component: lazyRouteComponent(() => import('../pages/access-review/AccessReviewPage.tsx'), 'AccessReviewPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/service-accounts',
    component: lazyRouteComponent(() => import('../pages/service-account/ServiceAccountsPage.tsx'), 'ServiceAccountsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/service-accounts/$id',
    component: lazyRouteComponent(() => import('../pages/service-account/ServiceAccountPage.tsx'), 'ServiceAccountPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/directory',
    component: lazyRouteComponent(() => import('../pages/directory/DirectoryPage.tsx'), 'DirectoryPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/cli-login',
    component: lazyRouteComponent(() => import('../pages/api-key/CliLoginPage.tsx'), 'CliLoginPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/policies',
    component: lazyRouteComponent(() => import('../pages/policy/PoliciesPage.tsx'), 'PoliciesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/policies/new',
    component: lazyRouteComponent(() => import('../pages/policy/NewPolicyPage.tsx'), 'NewPolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/policies/$id',
    component: lazyRouteComponent(() => import('../pages/policy/PolicyPage.tsx'), 'PolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/policies/$id/versions/$version',
    component: lazyRouteComponent(() => import('../pages/policy/PolicyVersionPage.tsx'), 'PolicyVersionPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/sign-in',
    component: lazyRouteComponent(() => import('../pages/sign-in-policy/SignInPolicyPage.tsx'), 'SignInPolicyPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/organisation',
    component: lazyRouteComponent(() => import('../pages/organisation/OrganisationPage.tsx'), 'OrganisationPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/account',
    component: lazyRouteComponent(() => import('../pages/account/AccountPage.tsx'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/sessions',
    component: lazyRouteComponent(() => import('../pages/session/SessionsPage.tsx'), 'SessionsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/sign-on',
    component: lazyRouteComponent(() => import('../pages/sso/SignOnPage.tsx'), 'SignOnPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/sign-on/drill/$id',
    component: lazyRouteComponent(() => import('../pages/sso/SignOnPage.tsx'), 'SignOnPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/sign-on/$id',
    component: lazyRouteComponent(() => import('../pages/sso/ConnectionPage.tsx'), 'ConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/settings/encryption',
    component: lazyRouteComponent(() => import('../pages/encryption/KeysPage.tsx'), 'KeysPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/operator/health',
    component: lazyRouteComponent(() => import('../pages/operator/HealthPage.tsx'), 'HealthPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/operator/outbox',
    component: lazyRouteComponent(() => import('../pages/operator/OutboxPage.tsx'), 'OutboxPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/operator/secrets',
    component: lazyRouteComponent(() => import('../pages/operator/SecretsPage.tsx'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/operator/organisations',
    component: lazyRouteComponent(() => import('../pages/operator/OrganisationsPage.tsx'), 'OrganisationsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/operator/staff',
    component: lazyRouteComponent(() => import('../pages/staff/StaffPage.tsx'), 'StaffPage'),
  }),
]

export const routeTree = root.addChildren([...outside, shell.addChildren(inside)])
