import { PageLink } from '../kit/PageLink.tsx'
import { Plain } from './Plain.tsx'

export const NotFound = () => (
  <Plain title="There is no page here" about="The address may be mistyped, or the page was moved.">
    <PageLink to="/">Go to what is due now</PageLink>
  </Plain>
)
