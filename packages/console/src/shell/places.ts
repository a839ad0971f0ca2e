import type { Permission } from '@holdfast/contract'
import {
  IconActivityHeartbeat,
  IconAddressBook,
  IconBuilding,
  IconCertificate,
  IconChecklist,
  IconClock,
  IconDatabase,
  IconDevices,
  IconDoor,
  IconEye,
  IconEyeCheck,
  IconEyeQuestion,
  IconFileText,
  IconFingerprint,
  IconKey,
  IconListDetails,
  IconLock,
  IconLogin2,
  IconMail,
  IconPlayerPlay,
  IconRobot,
  IconRotateClockwise,
  IconServer,
  IconShieldCheck,
  IconSitemap,
  IconTargetArrow,
  IconTerminal2,
  IconUrgent,
  IconUserCircle,
  IconUsers,
  type Icon,
} from '@tabler/icons-react'

export interface Place {
  to: string
  title: string
  icon: Icon
  /** Absent for roles that lack it. */
  permission: Permission
  /** The letter after `g`. */
  key?: string
  /** Other words people search by. */
  words?: string
  /** Rendered by the server: a full page load. */
  outside?: true
}
export interface PlaceGroup {
  title: string
  places: readonly Place[]
}

/** The left rail, grouped by the question people come with. Operator places need rights that only the operator organisation gives. */
export const placeGroups: readonly PlaceGroup[] = [
  {
    title: '',
    places: [
      { to: '/', title: 'Now', icon: IconTargetArrow, permission: 'self', key: 'n', words: 'home due tasks' },
      {
        to: '/due',
        title: 'Due',
        icon: IconClock,
        permission: 'obligation:read',
        key: 'd',
        words: 'obligations deadlines overdue clock working days holidays',
      },
    ],
  },
  {
    title: 'Ledger',
    places: [
      {
        to: '/ledger',
        title: 'Audit',
        icon: IconListDetails,
        permission: 'ledger:read',
        key: 'l',
        words: 'ledger entries log history',
      },
      { to: '/access-log', title: 'Access log', icon: IconEye, permission: 'access-log:read', key: 'r', words: 'reads who saw' },
      {
        to: '/ledger/verify',
        title: 'Verify',
        icon: IconShieldCheck,
        permission: 'ledger:verify',
        key: 'v',
        words: 'chain check tampering checkpoint',
      },
    ],
  },
  {
    title: 'Access',
    places: [
      {
        to: '/access',
        title: 'Temporary access',
        icon: IconTerminal2,
        permission: 'access:request',
        key: 'q',
        words: 'grants requests approve ssh psql database just-in-time revoke',
      },
      {
        to: '/servers',
        title: 'Servers',
        icon: IconServer,
        permission: 'host:read',
        key: 'f',
        words: 'hosts machines fleet agents enrol',
      },
      {
        to: '/databases',
        title: 'Databases',
        icon: IconDatabase,
        permission: 'database:read',
        key: 'g',
        words: 'postgresql roles psql registered',
      },
      {
        to: '/access/policies',
        title: 'Access policies',
        icon: IconDoor,
        permission: 'access:read',
        key: 'y',
        words: 'who may ask approvers logins rules',
      },
      {
        to: '/recordings',
        title: 'Recordings',
        icon: IconPlayerPlay,
        permission: 'recording:read',
        key: 'j',
        words: 'sessions bastion replay commands transfers watched',
      },
      {
        to: '/access/break-glass',
        title: 'Break-glass',
        icon: IconUrgent,
        permission: 'access:oversee',
        key: 'b',
        words: 'emergency access review',
      },
      {
        to: '/access/staff',
        title: 'Staff access',
        icon: IconEyeCheck,
        permission: 'staff-access:read',
        key: 'w',
        words: 'operator support vendor consent end',
      },
      {
        to: '/members',
        title: 'Members',
        icon: IconUsers,
        permission: 'member:read',
        key: 'm',
        words: 'people roles invitations',
      },
      {
        to: '/service-accounts',
        title: 'Service accounts',
        icon: IconRobot,
        permission: 'service-account:read',
        words: 'machines robots programs principals',
      },
      {
        to: '/access-reviews',
        title: 'Access reviews',
        icon: IconChecklist,
        permission: 'access-review:read',
        words: 'certification recertification who has access quarterly audit unused',
      },
      { to: '/api-keys', title: 'API keys', icon: IconKey, permission: 'key:own', key: 'k', words: 'tokens command line' },
    ],
  },
  {
    title: 'People',
    places: [
      {
        to: '/policies',
        title: 'Policies',
        icon: IconFileText,
        permission: 'policy:read',
        key: 'p',
        words: 'documents acknowledge review',
      },
    ],
  },
  {
    title: 'Proof',
    places: [
      {
        to: '/trust',
        title: 'Trust page',
        icon: IconCertificate,
        permission: 'self',
        key: 't',
        words: 'promises public',
        outside: true,
      },
    ],
  },
  {
    title: 'Settings',
    places: [
      {
        to: '/settings/organisation',
        title: 'Organisation',
        icon: IconBuilding,
        permission: 'organisation:read',
        key: 'o',
        words: 'name transfer leave',
      },
      {
        to: '/settings/sign-in',
        title: 'Sign-in policy',
        icon: IconFingerprint,
        permission: 'organisation:read',
        words: 'mfa second factor network address session length idle lock passkey single sign-on',
      },
      {
        to: '/settings/sign-on',
        title: 'Single sign-on',
        icon: IconLogin2,
        permission: 'sso:manage',
        key: 'i',
        words: 'sso oidc openid saml identity provider okta entra google domain enforce',
      },
      {
        to: '/settings/directory',
        title: 'Directory',
        icon: IconAddressBook,
        permission: 'directory:read',
        words: 'scim provisioning okta entra groups roles',
      },
      {
        to: '/settings/account',
        title: 'Account & security',
        icon: IconUserCircle,
        permission: 'self',
        key: 'a',
        words: 'name password second factor totp recovery codes',
      },
      {
        to: '/settings/sessions',
        title: 'Sessions',
        icon: IconDevices,
        permission: 'self',
        key: 's',
        words: 'devices signed in revoke',
      },
      {
        to: '/settings/encryption',
        title: 'Encryption keys',
        icon: IconLock,
        permission: 'encryption:read',
        key: 'e',
        words: 'data key rotate',
      },
    ],
  },
  {
    title: 'Operator',
    places: [
      {
        to: '/operator/health',
        title: 'Health',
        icon: IconActivityHeartbeat,
        permission: 'operator:read',
        key: 'h',
        words: 'status parts memory',
      },
      {
        to: '/operator/outbox',
        title: 'Outbox',
        icon: IconMail,
        permission: 'operator:outbox',
        key: 'x',
        words: 'mail held invitations',
      },
      {
        to: '/operator/secrets',
        title: 'Secrets',
        icon: IconRotateClockwise,
        permission: 'operator:read',
        key: 'c',
        words: 'rotate keys passwords master',
      },
      {
        to: '/operator/organisations',
        title: 'Organisations',
        icon: IconSitemap,
        permission: 'operator:organisations',
        key: 'z',
        words: 'tenants create',
      },
      {
        to: '/operator/staff',
        title: 'Customers’ data',
        icon: IconEyeQuestion,
        permission: 'operator:staff',
        key: 'u',
        words: 'staff access enter support ask customer',
      },
    ],
  },
]

/** The groups with only what these rights show; an empty group disappears. */
export const visibleGroups = (may: (permission: Permission) => boolean): readonly PlaceGroup[] =>
  placeGroups
    .map((group) => ({ ...group, places: group.places.filter(({ permission }) => may(permission)) }))
    .filter(({ places }) => places.length > 0)

const covers = (place: string, path: string): boolean => path === place || (place !== '/' && path.startsWith(`${place}/`))

/** The place a path belongs to: the longest that it begins with. */
export const placeOf = (path: string): string | null =>
  placeGroups
    .flatMap(({ places }) => places.map(({ to }) => to))
    .filter((to) => covers(to, path))
    .toSorted((a, b) => b.length - a.length)[0] ?? null
