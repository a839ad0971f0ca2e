import type { Grant } from '@holdfast/contract'
import type { z } from 'zod'
import { PageLink, Tag } from '../kit/index.ts'
import { PersonName, useNames } from './people.tsx'

export type Whose = Pick<z.infer<typeof Grant>, 'personId' | 'serviceAccount'>

interface RequesterProps {
  of: Whose
  /** Leads to the service account's own page. */
  linked?: true
}

/** Whose access it is: a person, or a service account, which is marked as one. */
export const Requester = ({ of: { personId, serviceAccount }, linked }: RequesterProps) => {
  if (serviceAccount === null) return personId && <PersonName id={personId} />
  return (
    <span>
      {linked ? (
        <PageLink to={`/service-accounts/${serviceAccount.id}`} td="underline">
          {serviceAccount.name}
        </PageLink>
      ) : (
        serviceAccount.name
      )}{' '}
      <Tag>service account</Tag>
    </span>
  )
}

/** The same within a sentence, and of a title. */
export const useRequesterName = ({ personId, serviceAccount }: Whose): string => {
  const names = useNames()
  return serviceAccount?.name ?? (personId === null ? null : names(personId)) ?? 'its person'
}
