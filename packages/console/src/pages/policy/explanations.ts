/** Sentences for the refusals that several operations of a policy share. */
export const wrongState = {
  version_not_found: 'That version no longer exists.',
  wrong_state: 'Somebody else moved this version on in the meantime. Reload to see where it stands.',
}
export const badContent = {
  content_invalid: 'The content is not what its format says: Markdown must be text, a PDF must begin with %PDF and be complete.',
  content_too_large: 'The content is larger than 5 MiB.',
}
export const contentChanged = 'The text was changed after you opened it. Reload, read it again, then decide.'
