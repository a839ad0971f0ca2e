/** A name for addresses: letters, digits and hyphens, unique in the installation thanks to its tail. */
export const slugOf = (name: string, tail: string): string => {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
  return `${plain || 'org'}-${tail.replaceAll('-', '').slice(-8)}`
}
