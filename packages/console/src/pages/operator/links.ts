/** The links in a mail's text, in order, each once. Trailing punctuation belongs to the sentence. */
export const linksIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/https?:\/\/[^\s<>"')\]]+/g)].map(([link]) => link.replace(/[.,;:!?]+$/, ''))),
]
