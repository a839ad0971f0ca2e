import { Facts, Hash, Id, PageLink, Tag, Time } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import { Requester } from '../Requester.tsx'
import { durationInWords, extensionWords } from '../accessWords.ts'
import { type Detail } from '../grantWords.ts'

type Fact = readonly [name: string, value: React.ReactNode]

const isOverEarly = ({ endedAt, endsAt }: Detail): boolean => endedAt !== null && endsAt !== null && endedAt < endsAt

const moments = (detail: Detail): Fact[] => [
  ['Asked', <Time key="asked" at={detail.requestedAt} full />],
  ...(detail.notBefore ? [['Not before', <Time key="nb" at={detail.notBefore} full />] as const] : []),
  ...(detail.startsAt ? [['Begins', <Time key="from" at={detail.startsAt} full />] as const] : []),
  ...(detail.endsAt
    ? [[isOverEarly(detail) ? 'Would have ended' : 'Ends', <Time key="to" at={detail.endsAt} full />] as const]
    : []),
  ...(detail.endedAt && isOverEarly(detail) ? [['Ended', <Time key="ended" at={detail.endedAt} full />] as const] : []),
]

const answered = (detail: Detail): Fact[] =>
  detail.approvals.length === 0
    ? []
    : [
        [
          'Approved by',
          <div key="by">
            {detail.approvals.map(({ personId, at }) => (
              <div key={personId}>
                <PersonName id={personId} />, <Time at={at} full />
              </div>
            ))}
          </div>,
        ],
      ]

const asked = (detail: Detail): Fact[] => [
  ['For how long', durationInWords(detail.seconds)],
  ['Reason', detail.reason === '' ? 'none given' : detail.reason],
  ...(detail.ticket ? [['Ticket', <code key="ticket">{detail.ticket}</code>] as const] : []),
  ...(detail.kind === 'host'
    ? ([
        ['Beyond a terminal', detail.extensions.map((each) => extensionWords[each]).join(', ') || 'nothing'],
        ['Only from', detail.sourceNetworks.join(', ') || 'anywhere'],
      ] as const)
    : []),
]

const target = (detail: Detail): Fact[] => {
  const isHost = detail.kind === 'host'
  return [
    [
      isHost ? 'Server' : 'Database',
      <span key="target">
        <PageLink to={isHost ? `/servers/${detail.hostId ?? ''}` : `/databases/${detail.databaseId ?? ''}`} td="underline">
          {detail.targetName}
        </PageLink>{' '}
        <Tag>{detail.environment}</Tag>
      </span>,
    ],
    [isHost ? 'Login' : 'Profile', <code key="login">{detail.login}</code>],
  ]
}

/** Everything that was asked for and decided. */
export const GrantFacts = ({ detail }: { detail: Detail }) => (
  <Facts
    rows={[
      ['Who', <Requester key="who" of={detail} linked />],
      ...(detail.serviceAccount
        ? [['Answers for it', <PersonName key="answers" id={detail.serviceAccount.ownerId} />] as const]
        : []),
      ...target(detail),
      ...(detail.extendsId
        ? [
            [
              'Extends',
              <PageLink key="extends" to={`/access/grants/${detail.extendsId}`} td="underline">
                the grant that runs
              </PageLink>,
            ] as const,
          ]
        : []),
      ...asked(detail),
      ...moments(detail),
      ...answered(detail),
      [
        'By the policy',
        <PageLink key="policy" to={`/access/policies/${detail.policyId}`} td="underline">
          {`${detail.policyName}, version ${detail.policyVersion}`}
        </PageLink>,
      ],
      ['Request hash', <Hash key="hash" value={detail.requestHash} what="the request hash" />],
      ['Id', <Id key="id" value={detail.id} what="the id of the grant" />],
    ]}
  />
)
