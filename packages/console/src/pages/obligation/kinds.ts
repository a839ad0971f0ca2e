import { allObligations } from '@holdfast/contract'

/** Every kind of obligation, for a filter. With them comes the whole contract, so a page fetches this after itself. */
export const kinds = allObligations.map(({ name, title }) => ({ value: name, label: title }))
