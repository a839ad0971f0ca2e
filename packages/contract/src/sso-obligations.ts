import { days, hours, obligation } from './obligation.ts'

export const breakGlassDrill = obligation({
  name: 'sso.break-glass-drill',
  title: 'Try the emergency way in beside single sign-on',
  about: 'sso_enforcement',
  page: '/settings/sign-on/drill/:subject',
  promise: 'C3',
  owedBy: 'person', // the Owner who has it
  within: days(91),
  warn: [days(14), days(3)],
  escalate: [
    { after: days(1), to: 'answerable' },
    { after: days(7), to: 'owner' },
  ],
})

export const credentialRenewal = obligation({
  name: 'sso.credential-renewal',
  title: 'Renew the secret or certificate of single sign-on',
  about: 'sso_connection',
  page: '/settings/sign-on/:subject',
  promise: 'C3',
  owedBy: 'role', // Owner
  within: 'as opened',
  warn: [days(30), days(14), days(3)],
  escalate: [{ after: hours(0), to: 'owner' }],
})

export const signingKeyRenewal = obligation({
  name: 'sso.signing-key-renewal',
  title: 'Change the key that single sign-on requests are signed with',
  about: 'sso_connection',
  page: '/settings/sign-on/:subject',
  promise: 'C3',
  owedBy: 'role', // Owner
  within: 'as opened',
  warn: [days(30), days(14), days(3)],
  escalate: [{ after: hours(0), to: 'owner' }],
})
